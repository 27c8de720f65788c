import type { CropBox } from '../pixels/crop-box.js';
import { openImage } from './open-image.js';
import { partOf } from './part-of.js';

/**
 * JPEGs of parts of an image, in their order, each fitting in a square of `size` pixels and never enlarged. The image is decoded once.
 * Throws UnreadableImageError.
 */
export async function cellThumbnails(
  bytes: Uint8Array,
  boxes: readonly CropBox[],
  size: number,
): Promise<Buffer[]> {
  const { header, pipeline } = await openImage(bytes);
  const thumbnails: Buffer[] = [];
  for (const box of boxes) {
    const part = await partOf(pipeline, header, box);
    const small = part.resize(size, size, { fit: 'inside', withoutEnlargement: true });
    thumbnails.push(await small.jpeg({ quality: 85 }).toBuffer());
  }
  return thumbnails;
}
