import type { Database } from '../../database/client.js';
import { imageKey } from '../../storage/keys.js';
import type { ObjectStore } from '../../storage/object-store.js';

/** The key of the job in the queue: one waiting job is enough for any number of erasures. */
export const deleteErasedImagesKey = 'delete-erased-images';

/** Images looked up in one statement. */
const PAGE = 100;

/**
 * The job that deletes the objects of erased images. May be stopped at any time and repeated: an image waits until its object is
 * deleted. If the store fails, the queue runs the job again.
 * @throws ObjectStoreError
 */
export async function deleteErasedImages(
  { database, store }: { database: Database; store: ObjectStore },
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const waiting = await database.erasedImage.findMany({
      where: { deletedAt: null },
      orderBy: { sha256: 'asc' },
      take: PAGE,
      select: { sha256: true },
    });
    if (waiting.length === 0) return;
    for (const { sha256 } of waiting) {
      signal.throwIfAborted();
      await deleteObject({ database, store }, sha256, signal);
    }
  }
}

/**
 * Deletes the object of an image again if the image was erased. For a program that writes stored objects again, and may have read
 * this one before it was deleted.
 */
export async function deleteIfErased(
  { database, store }: { database: Database; store: ObjectStore },
  sha256: string,
  signal: AbortSignal,
): Promise<void> {
  await database.$transaction(async (tx) => {
    const erased = await tx.$queryRaw<unknown[]>`
      SELECT FROM "ErasedImage" WHERE sha256 = ${sha256} FOR UPDATE`;
    if (erased.length > 0) await store.delete(imageKey(sha256), signal);
  });
}

async function deleteObject(
  { database, store }: { database: Database; store: ObjectStore },
  sha256: string,
  signal: AbortSignal,
): Promise<void> {
  await database.$transaction(async (tx) => {
    // The lock keeps an upload of the same image from relying on the object that is being deleted.
    const locked = await tx.$queryRaw<unknown[]>`
      SELECT FROM "ErasedImage" WHERE sha256 = ${sha256} AND "deletedAt" IS NULL FOR UPDATE`;
    if (locked.length === 0) return;
    await store.delete(imageKey(sha256), signal);
    await tx.$executeRaw`UPDATE "ErasedImage" SET "deletedAt" = now() WHERE sha256 = ${sha256}`;
  });
}
