import type { ClassificationTarget } from '../predictions/classification-queue.js';
import { openHeldImages } from './held-images.js';

/** Keeps files on this device. Rejects with an Error whose message can be shown. */
export async function holdFiles(
  userId: string,
  files: readonly File[],
  target: ClassificationTarget,
): Promise<void> {
  const held = openHeldImages();
  try {
    await held.add(userId, files, target);
  } catch (cause) {
    throw new Error(
      'The images could not be kept on this device: its storage is full or not allowed. Turn the switch off to upload them.',
      { cause },
    );
  } finally {
    held.close();
  }
}

/** The number of images on this device that are not uploaded; 0 if it cannot be read. */
export async function countHeldImages(): Promise<number> {
  const held = openHeldImages();
  try {
    return await held.count();
  } catch {
    return 0;
  } finally {
    held.close();
  }
}
