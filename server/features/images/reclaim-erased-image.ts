import type { Database } from '../../database/client.js';
import { imageKey } from '../../storage/keys.js';
import type { ObjectStore } from '../../storage/object-store.js';
import type { ImageToStore } from '../../storage/stored-images.js';

/**
 * Makes it possible to record an image again that was erased earlier, because somebody has sent the same bytes: stores them and
 * removes the image from the erased images, so that the job which deletes objects leaves this one alone. Until then, Postgres
 * refuses a row of the image. Does nothing for other images.
 */
export async function reclaimErasedImage(
  { database, store }: { database: Database; store: ObjectStore },
  { sha256, bytes, mediaType }: ImageToStore,
  signal?: AbortSignal,
): Promise<void> {
  await database.$transaction(async (tx) => {
    // The job locks the row too while it deletes the object.
    const erased = await tx.$queryRaw<unknown[]>`
      SELECT FROM "ErasedImage" WHERE sha256 = ${sha256} FOR UPDATE`;
    if (erased.length === 0) return;
    const key = imageKey(sha256);
    if (!(await store.holds(key, bytes, signal))) await store.put(key, bytes, mediaType, signal);
    await tx.erasedImage.delete({ where: { sha256 } });
  });
}
