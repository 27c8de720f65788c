import { createHash } from 'node:crypto';
import type { Logger } from 'pino';
import { imageKey } from './keys.js';
import { type GetOptions, type ObjectStore, ObjectStoreError } from './object-store.js';

/** A stored image is missing or damaged. Sending the same image again restores it. */
export class StoredImageError extends Error {
  override readonly name = 'StoredImageError';

  constructor(
    readonly fault: 'MISSING' | 'DAMAGED',
    readonly sha256: string,
    options?: ErrorOptions,
  ) {
    super(
      (fault === 'MISSING'
        ? `The image with the SHA-256 ${sha256} is missing from the object store.`
        : `The image with the SHA-256 ${sha256} is damaged: its content in the object store has changed.`) +
        ' To restore it, send the same image again, or restore it from a backup of the object store.',
      options,
    );
  }
}

/**
 * Reads a stored image, and verifies its SHA-256.
 * @throws StoredImageError if it is missing or damaged; ObjectStoreError
 */
export async function readStoredImage(
  store: Pick<ObjectStore, 'get'>,
  sha256: string,
  options?: GetOptions,
): Promise<Buffer> {
  const bytes = await store.get(imageKey(sha256), options).catch((error: unknown) => {
    const reason = error instanceof ObjectStoreError ? error.reason : null;
    if (reason === 'NOT_FOUND') throw new StoredImageError('MISSING', sha256, { cause: error });
    if (reason === 'DAMAGED') throw new StoredImageError('DAMAGED', sha256, { cause: error });
    throw error;
  });
  if (createHash('sha256').update(bytes).digest('hex') === sha256) return bytes;
  throw new StoredImageError('DAMAGED', sha256);
}

/** An image to be stored. */
export interface ImageToStore {
  sha256: string;
  bytes: Uint8Array;
  mediaType: string;
}

/** Stores an image that is probably new. If it exists already, it is checked and, if necessary, restored by {@link keepStoredImage}. */
export async function storeImage(
  { store, log }: { store: ObjectStore; log: Logger },
  image: ImageToStore,
  signal?: AbortSignal,
): Promise<void> {
  const { sha256, bytes, mediaType } = image;
  const outcome = await store.putOnce(imageKey(sha256), bytes, mediaType, signal);
  if (outcome === 'exists') await keepStoredImage({ store, log }, image, signal);
}

/** Makes sure that an image that should be stored exists with exactly these bytes. Restores it if it is missing or damaged. */
export async function keepStoredImage(
  { store, log }: { store: ObjectStore; log: Logger },
  { sha256, bytes, mediaType }: ImageToStore,
  signal?: AbortSignal,
): Promise<void> {
  const key = imageKey(sha256);
  if (await store.holds(key, bytes, signal)) return;
  await store.put(key, bytes, mediaType, signal);
  log.warn({ object: store.uri(key) }, 'A stored image was missing or damaged and has been restored');
}
