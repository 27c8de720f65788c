import { createHash } from 'node:crypto';
import { readSync } from 'node:fs';
import { mkdir, open, rename, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { prepareImage } from '../../server/imaging/prepare-image.js';
import type { Preprocessing } from '../../server/imaging/preprocessing.js';
import { UnreadableImageError } from '../../server/imaging/unreadable-image.js';
import { imageKey } from '../../server/storage/keys.js';
import type { ObjectStore } from '../../server/storage/object-store.js';
import { TrainingDataError } from '../training-data-error.js';

/** Raise it when `prepareImage` gives other pixels for the same settings: what was cached before is then of no use. */
const PREPARATION = 1;
/** Images in work at a time, and written with one call. */
const CHUNK = 64;

/** The prepared images of a snapshot, in the order of its items: uint8 `[S, S, 3]` each. */
export interface PixelCache {
  /** Bytes of one image. */
  readonly imageBytes: number;
  /** Reads image `index` into `out`. */
  read(index: number, out: Uint8Array): void;
  close(): Promise<void>;
}

export interface CacheItem {
  key: string;
  imageSha256: string;
}

export interface CacheSource {
  store: Pick<ObjectStore, 'get'>;
  /** Of the snapshot: the same digest, the same items in the same order. */
  snapshotDigest: string;
  items: readonly CacheItem[];
  preprocessing: Preprocessing;
}

/**
 * Opens the cache of a snapshot's images below `folder`, decoding each image once: a cache left unfinished by a process
 * that died is continued, a finished one is used as it is. Memory does not grow with the snapshot: images are read from
 * the file, whose pages the system keeps in memory as far as there is room.
 *
 * Throws TrainingDataError, which names the item, for an image that is missing or cannot be read; stops at `signal`.
 */
export async function openPixelCache(
  folder: string,
  source: CacheSource,
  onProgress: (share: number) => Promise<void>,
  signal: AbortSignal,
): Promise<PixelCache> {
  const { inputSize } = source.preprocessing;
  const imageBytes = inputSize * inputSize * 3;
  const path = join(folder, `${cacheName(source)}.pixels`);
  const expected = source.items.length * imageBytes;
  if ((await sizeOf(path)) !== expected) {
    await mkdir(dirname(path), { recursive: true });
    await fill(`${path}.partial`, source, imageBytes, onProgress, signal);
    await rename(`${path}.partial`, path).catch(async (error: unknown) => {
      if ((await sizeOf(path)) !== expected) throw error; // else another process has just done the same
    });
  }

  const file = await open(path, 'r');
  return {
    imageBytes,
    read(index, out) {
      const read = readSync(file.fd, out, 0, imageBytes, index * imageBytes);
      if (read !== imageBytes)
        throw new Error(`${path} ends before image ${index}: delete it and train again.`);
    },
    close: () => file.close(),
  };
}

/** Follows from all that decides the pixels; normalisation comes after them, so it is not in it. */
function cacheName({ snapshotDigest, preprocessing: { inputSize, colour } }: CacheSource): string {
  return createHash('sha256')
    .update(JSON.stringify([PREPARATION, snapshotDigest, inputSize, Object.entries(colour).sort()]))
    .digest('hex')
    .slice(0, 32);
}

async function sizeOf(path: string): Promise<number | null> {
  return stat(path).then(
    ({ size }) => size,
    () => null,
  );
}

/** Every write goes to its image's own place, so two processes that fill the same cache do each other no harm. */
async function fill(
  path: string,
  { store, items, preprocessing }: CacheSource,
  imageBytes: number,
  onProgress: (share: number) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const file = await open(path, 'a').then(async (created) => {
    await created.close();
    return open(path, 'r+');
  });
  try {
    const written = Math.floor((await file.stat()).size / imageBytes);
    for (let start = written - (written % CHUNK); start < items.length; start += CHUNK) {
      signal.throwIfAborted();
      const chunk = items.slice(start, start + CHUNK);
      const prepared = await Promise.all(chunk.map((item) => prepare(store, item, preprocessing)));
      await file.write(Buffer.concat(prepared), 0, chunk.length * imageBytes, start * imageBytes);
      await onProgress((start + chunk.length) / items.length);
    }
    await file.sync();
  } finally {
    await file.close();
  }
}

async function prepare(
  store: Pick<ObjectStore, 'get'>,
  item: CacheItem,
  preprocessing: Preprocessing,
): Promise<Uint8Array> {
  const bytes = await store.get(imageKey(item.imageSha256));
  try {
    return (await prepareImage(bytes, preprocessing)).pixels;
  } catch (error) {
    if (!(error instanceof UnreadableImageError)) throw error;
    throw new TrainingDataError(`The image '${item.key}' cannot be read: ${error.message}`, { cause: error });
  }
}
