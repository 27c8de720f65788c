import type { Database } from './database/client.js';
import { artifactPrefix, imageKey } from './storage/keys.js';

const OF_EACH = 3;

/**
 * Keys of a few objects that the store must contain because the database refers to them; none while the database is new. They
 * distinguish the right store from an empty or a wrong one.
 */
export async function expectedObjects(database: Database): Promise<string[]> {
  const images = await database.image.findMany({
    orderBy: { sha256: 'asc' },
    take: OF_EACH,
    select: { sha256: true },
  });
  const versions = await database.modelVersion.findMany({
    where: { status: 'READY' },
    orderBy: { id: 'asc' },
    take: OF_EACH,
    select: { version: true, model: { select: { name: true } } },
  });
  return [
    ...images.map(({ sha256 }) => imageKey(sha256)),
    ...versions.map(({ version, model }) => `${artifactPrefix(model.name, version)}manifest.json`),
  ];
}
