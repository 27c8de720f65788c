import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { S3Settings } from '../config.js';
import { openFolderStore } from './folder-store.js';
import { type ObjectStore, ObjectStoreError } from './object-store.js';
import { openS3Store } from './s3-store.js';

/**
 * The store at `file:FOLDER` or `s3://BUCKET/PREFIX`. Nothing is read yet: `probeReading` tells whether it can be.
 * @throws ObjectStoreError where `uri` is neither
 */
export function openObjectStore(uri: string, s3: S3Settings): ObjectStore {
  if (uri.startsWith('file:')) return openFolderStore(folderOf(uri));
  const [, bucket, prefix = ''] = /^s3:\/\/([^/]+)\/?(.*)$/s.exec(uri) ?? [];
  if (bucket) return openS3Store(bucket, prefix, s3);
  throw new ObjectStoreError('OTHER', `'${uri}' is neither file:FOLDER nor s3://BUCKET/PREFIX.`);
}

/**
 * The store that Cytograph keeps its own objects in, ready for use: a folder is made if it is missing, a bucket must exist.
 * @param expected keys of which the store holds at least one, unless it is not the store that belongs to the database; empty
 *   for a new database. Without any of them nothing is made: an empty store in place of the lost one would hide the loss.
 * @throws ObjectStoreError that says what would be right
 */
export async function prepareObjectStore(
  uri: string,
  s3: S3Settings,
  expected: readonly string[],
): Promise<ObjectStore> {
  if (expected.length > 0) await refuseForeignStore(openObjectStore(uri, s3), expected);
  else if (uri.startsWith('file:')) await mkdir(folderOf(uri), { recursive: true });
  const store = openObjectStore(uri, s3);
  await store.probeReading();
  return store;
}

async function refuseForeignStore(store: ObjectStore, expected: readonly string[]): Promise<void> {
  const isFolder = store.root.startsWith('file:');
  const statIfThere = (key: string) =>
    store.stat(key).catch((error: unknown) => {
      if (isFolder && error instanceof ObjectStoreError && error.reason === 'NO_SUCH_BUCKET') return null;
      throw error;
    });
  const found = await Promise.all(expected.map(statIfThere));
  store.close();
  if (found.some((object) => object !== null)) return;
  throw new ObjectStoreError(
    'OTHER',
    `The database refers to stored images and models, and ${store.root} has none of those looked for, such as ` +
      `${expected[0] ?? ''}. Set OBJECT_STORE (or DATA_DIR) to the place where they are, or restore it from its backup. ` +
      `Only to begin again from nothing, give Cytograph a new database as well.`,
  );
}

/** `file:relative`, `file:/absolute` and `file:///absolute` alike, as an absolute path. */
function folderOf(fileUri: string): string {
  return path.resolve(fileUri.slice('file:'.length).replace(/^\/\/(?=\/)/, ''));
}
