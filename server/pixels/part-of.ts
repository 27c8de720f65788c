import type { CropBox } from './crop-box.js';
import type { Picture } from './prepare-pixels.js';

/**
 * A copy of a part of a picture, `[height, width, 3]` of the box. Where the box reaches beyond the border, the picture is mirrored at
 * it.
 * @param box in whole pixels
 */
export function partOf({ width, height, pixels }: Picture, box: CropBox): Uint8Array {
  const part = new Uint8Array(box.width * box.height * 3);
  const columns = Int32Array.from({ length: box.width }, (_, x) => 3 * mirrored(box.left + x, width));
  let at = 0;
  for (let y = 0; y < box.height; y++) {
    const row = 3 * width * mirrored(box.top + y, height);
    for (let x = 0; x < box.width; x++) {
      const from = row + (columns[x] ?? 0);
      part[at++] = pixels[from] ?? 0;
      part[at++] = pixels[from + 1] ?? 0;
      part[at++] = pixels[from + 2] ?? 0;
    }
  }
  return part;
}

/** The place in 0 to length − 1 that a mirror at both ends shows at `place`. */
function mirrored(place: number, length: number): number {
  const inPeriod = (((place % (2 * length)) + 2 * length) % (2 * length)) | 0;
  return inPeriod < length ? inPeriod : 2 * length - 1 - inPeriod;
}
