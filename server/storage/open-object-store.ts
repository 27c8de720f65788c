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
 * @throws ObjectStoreError that says what would be right
 */
export async function prepareObjectStore(uri: string, s3: S3Settings): Promise<ObjectStore> {
  if (uri.startsWith('file:')) await mkdir(folderOf(uri), { recursive: true });
  const store = openObjectStore(uri, s3);
  await store.probeReading();
  return store;
}

/** `file:relative`, `file:/absolute` and `file:///absolute` alike, as an absolute path. */
function folderOf(fileUri: string): string {
  return path.resolve(fileUri.slice('file:'.length).replace(/^\/\/(?=\/)/, ''));
}
