import sharp from 'sharp';
import { partOf } from '../pixels/part-of.js';
import type { Picture, Resize } from '../pixels/prepare-pixels.js';
import { reducePart } from './reduce-picture.js';

/** Returns a function that resizes parts of a picture, `[height, width, 3]`, RGB 0–255, by the kernel Lanczos 3. */
export function resizePartOf(picture: Picture): Resize {
  return async (box, width, height) =>
    reducePart(picture, box, width, height) ??
    // A copy of the part: a pipeline of the whole picture takes time in proportion to its size, 0.4 s for 40 megapixels.
    sharp(partOf(picture, box), { raw: { width: box.width, height: box.height, channels: 3 } })
      .resize(width, height, { fit: 'fill', kernel: 'lanczos3' })
      .raw()
      .toBuffer();
}
