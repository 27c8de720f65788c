import { meansOfSquares } from '../sums/picture-sums.js';
import { scratch } from './scratch.js';

/** A picture made smaller for finding cells. */
export interface WorkingImage {
  readonly width: number;
  readonly height: number;
  /** The number of pixels of the original picture, in each direction, that one pixel is the mean of. */
  readonly factor: number;
  /** `[height, width, 3]`, RGB 0–255. */
  readonly pixels: Uint8Array;
}

/**
 * Makes a picture smaller by averaging squares of `factor` × `factor` pixels. Rows and columns that do not fill a square, at the
 * bottom and at the right, are left out.
 *
 * @param pixels `[height, width, 3]`, RGB 0–255
 * @param factor a whole number, at least 1 and at most the shorter side
 */
export function shrink(pixels: Uint8Array, width: number, height: number, factor: number): WorkingImage {
  const columns = Math.floor(width / factor);
  const rows = Math.floor(height / factor);
  if (factor === 1) return { width, height, factor, pixels };
  const shrunk = scratch.uint8(columns * rows * 3);
  meansOfSquares(pixels, width, factor, columns, rows, shrunk);
  return { width: columns, height: rows, factor, pixels: shrunk };
}
