import { existsSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Database } from '../../server/database/client.js';
import { imageKey } from '../../server/storage/keys.js';
import { fillDatabase } from '../prediction-history/fill-database.js';
import { OBJECTS, POSTGRES } from './site.js';

/** In bytes. What matters is the number of files, and how long their folders are. */
const OBJECT_SIZE = 1_000;
/** Files that are written at the same time. */
const AT_ONCE = 64;

/** Makes a folder that `openSite` can open, with that many predictions, whose images are missing. What is there already is kept. */
export async function fillGrownSite(
  folder: string,
  rows: number,
  say: (line: string) => void,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o755); // Postgres may run as another user
  await fillDatabase(path.join(folder, POSTGRES), rows, say);
}

/**
 * Stores an image for each that the predictions of the site in this folder name, unless that was done before.
 * @returns the number of images
 */
export async function storeImages(
  database: Database,
  siteFolder: string,
  say: (line: string) => void,
): Promise<number> {
  const folder = path.join(siteFolder, OBJECTS);
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
