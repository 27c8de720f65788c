import sharp from 'sharp';
import type { CropBox } from '../pixels/crop-box.js';
import { cutOut } from '../pixels/prepare-pixels.js';
import { openImage } from './open-image.js';
import { pictureOf } from './prepare-image.js';
import { resizePartOf } from './resize-part.js';

/**
 * JPEGs of squares of an image, in their order, at most `size` pixels wide and never enlarged. As in what the network sees, the
 * colour of the slide surrounds the image. The image is decoded once.
 * Throws UnreadableImageError.
 */
export async function cellThumbnails(
  bytes: Uint8Array,
  frames: readonly CropBox[],
  size: number,
): Promise<Buffer[]> {
  const picture = await pictureOf(await openImage(bytes));
  const resize = resizePartOf(picture);
  const thumbnails: Buffer[] = [];
  for (const frame of frames) {
    const side = Math.min(size, frame.width);
    const pixels = await cutOut(picture, frame, side, resize);
    const raw = sharp(pixels, { raw: { width: side, height: side, channels: 3 } });
    thumbnails.push(await raw.jpeg({ quality: 85 }).toBuffer());
  }
  return thumbnails;
}
