import sharp from 'sharp';
import type { CropBox } from '../pixels/crop-box.js';
import { partOf } from '../pixels/part-of.js';
import { openImage } from './open-image.js';
import { pictureOf } from './prepare-image.js';

/**
 * JPEGs of parts of an image, in their order, each fitting in a square of `size` pixels and never enlarged. The image is decoded once.
 * Throws UnreadableImageError.
 */
export async function cellThumbnails(
  bytes: Uint8Array,
  boxes: readonly CropBox[],
  size: number,
): Promise<Buffer[]> {
  const picture = await pictureOf(await openImage(bytes));
  const thumbnails: Buffer[] = [];
  for (const box of boxes) {
    const raw = { width: box.width, height: box.height, channels: 3 } as const;
    const part = sharp(partOf(picture, box), { raw });
    const small = part.resize(size, size, { fit: 'inside', withoutEnlargement: true });
    thumbnails.push(await small.jpeg({ quality: 85 }).toBuffer());
  }
  return thumbnails;
}
