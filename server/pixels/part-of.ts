import type { CropBox } from './crop-box.js';
import type { Picture } from './prepare-pixels.js';

/**
 * A copy of a part of a picture, `[height, width, 3]` of the box.
 * @param box in whole pixels, within the picture
 * @throws RangeError for a box that reaches beyond the picture
 */
export function partOf(picture: Picture, { left, top, width, height }: CropBox): Uint8Array {
  if (left < 0 || top < 0 || left + width > picture.width || top + height > picture.height) {
    throw new RangeError('The part reaches beyond the picture.');
  }
  const part = new Uint8Array(width * height * 3);
  for (let row = 0; row < height; row++) {
    const from = 3 * ((top + row) * picture.width + left);
    part.set(picture.pixels.subarray(from, from + 3 * width), 3 * row * width);
  }
  return part;
}
