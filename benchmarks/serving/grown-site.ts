import { existsSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createDatabase, type Database } from '../../server/database/client.js';
import { startEmbeddedPostgres } from '../../server/database/embedded-postgres.js';
import { migrate } from '../../server/database/migrate.js';
import { imageKey } from '../../server/storage/keys.js';
import { fillHistory } from '../prediction-history/fill-history.js';
import { OBJECTS, POSTGRES } from './site.js';

/** In bytes. What matters is the number of files, and how long their folders are. */
const OBJECT_SIZE = 1_000;
/** Files that are written at the same time. */
const AT_ONCE = 64;

/**
 * Makes a folder that `openSite` can open, with that many predictions and one stored image for every eight. What is there already is kept.
 * @returns the number of images
 */
export async function fillGrownSite(
  folder: string,
  rows: number,
  say: (line: string) => void,
): Promise<number> {
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o755); // Postgres may run as another user
  // Filling does not wait for the disk, since data lost in a crash can be generated again.
  const settings = { fsync: 'off', max_wal_size: '4GB' };
  const postgres = await startEmbeddedPostgres(path.join(folder, POSTGRES), settings);
  const database = createDatabase(postgres.url);
  try {
    await migrate(postgres.url);
    const isEmpty = (await database.prediction.findFirst({ select: { id: true } })) === null;
    if (isEmpty) await fillHistory(postgres.url, rows, say);
    return await storeImages(database, path.join(folder, OBJECTS), say);
  } finally {
    await database.$disconnect();
    await postgres.stop();
  }
}

async function storeImages(database: Database, folder: string, say: (line: string) => void): Promise<number> {
  const images = await database.image.findMany({ select: { sha256: true }, orderBy: { sha256: 'asc' } });
  const files = images.map(({ sha256 }) => path.join(folder, imageKey(sha256)));
  if (files.length > 0 && existsSync(files.at(-1) ?? '')) return files.length;
  const bytes = Buffer.alloc(OBJECT_SIZE);
  for (let first = 0; first < files.length; first += AT_ONCE) {
    if (first % 100_000 < AT_ONCE) say(`${first} of ${files.length} images are stored`);
    await Promise.all(
      files.slice(first, first + AT_ONCE).map(async (file) => {
        await mkdir(path.dirname(file), { recursive: true });
        await writeFile(file, bytes);
      }),
    );
  }
  return files.length;
}
