import { createHash } from 'node:crypto';
import { mkdir, open, rename, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { prepareImage } from '../../server/imaging/prepare-image.js';
import type { Preprocessing } from '../../server/decision/preprocessing.js';
import { UnreadableImageError } from '../../server/image-files/unreadable-image.js';
import type { ObjectStore } from '../../server/storage/object-store.js';
import { readStoredImage, StoredImageError } from '../../server/storage/stored-images.js';
import { TrainingDataError } from '../training-data-error.js';
import { openPixelFile, type PixelCache } from './pixel-file.js';

/** Raise it when `prepareImage` gives other pixels for the same settings, so that older caches are not used. */
const PREPARATION = 3;
/** The number of images that are prepared at a time and written with one call. */
const CHUNK = 64;

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

  const now = new Date();
  await utimes(path, now, now); // caches that were not opened for long are removed: see pruneTrainingFolder
  return openPixelFile(path, imageBytes);
}

/** Follows from all that decides the pixels; normalisation comes after them, so it is not in it. */
function cacheName({ snapshotDigest, preprocessing }: CacheSource): string {
  const { frame, crop = 1, inputSize, colour } = preprocessing;
  const usual = frame?.usualPicture;
  const part = frame
    ? [
        frame.kind,
        frame.micrometres,
        frame.diameters,
        ...(usual ? [usual.micrometres, usual.narrowest, usual.widest] : []),
      ]
    : crop;
  return createHash('sha256')
    .update(JSON.stringify([PREPARATION, snapshotDigest, part, inputSize, Object.entries(colour).sort()]))
    .digest('hex')
    .slice(0, 32);
}

async function sizeOf(path: string): Promise<number | null> {
  return stat(path).then(
    ({ size }) => size,
    () => null,
  );
}

/** Every image is written to its own position, so two processes can safely fill the same cache. */
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
  try {
    const bytes = await readStoredImage(store, item.imageSha256);
    return (await prepareImage(bytes, preprocessing)).pixels;
  } catch (error) {
    if (!(error instanceof UnreadableImageError) && !(error instanceof StoredImageError)) throw error;
    throw new TrainingDataError(`The image '${item.key}' cannot be read: ${error.message}`, { cause: error });
  }
}
