import { createHash } from 'node:crypto';
import { type ObjectStore, ObjectStoreError, type StoredObject } from '../../storage/object-store.js';
import { sourceFiles } from '../datasets/source-files.js';

/** What is called an image below the source, in whatever folder, in byte order of the keys; a page of the listing at a time. */
export async function* imageFiles(source: ObjectStore): AsyncGenerator<StoredObject> {
  for await (const { kind, object } of sourceFiles(source, null)) {
    if (kind !== 'other') yield object;
  }
}

/** Lists the source once. Throws the reason of `signal` when that aborts. */
export async function countImageFiles(source: ObjectStore, signal: AbortSignal): Promise<number> {
  let count = 0;
  for await (const _file of imageFiles(source)) {
    signal.throwIfAborted();
    count += 1;
  }
  return count;
}

/** A file's bytes and their SHA-256, or a sentence that says why there are none. */
export type FileContent = { bytes: Buffer; sha256: string } | { problem: string };

/** Reads a file of the source; one that is larger than `most` bytes is not. */
export async function readImageFile(
  source: ObjectStore,
  { key, byteSize }: StoredObject,
  most: number,
): Promise<FileContent> {
  if (byteSize > most) return { problem: `The file is larger than ${most} bytes.` };
  try {
    const bytes = await source.get(key);
    return { bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
  } catch (error) {
    const isGone = error instanceof ObjectStoreError && error.reason === 'NOT_FOUND';
    if (isGone) return { problem: 'The file was removed while it was to be read.' };
    throw error;
  }
}
