import type { CropBox } from './crop-box.js';
import type { Picture } from './prepare-pixels.js';
import { copyPart } from './sums/copy-part.js';

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
  copyPart(picture, { left, top, width, height }, part, 0);
  return part;
}
