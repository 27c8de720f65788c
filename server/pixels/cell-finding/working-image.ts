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
  const scale = 1 / (factor * factor);
  const toNextRow = (width - factor) * 3;
  let to = 0;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      let at = (row * width + column) * factor * 3;
      let red = 0;
      let green = 0;
      let blue = 0;
      // `| 0` makes the compiler use integers, which takes a third less time.
      for (let down = 0; down < factor; down++) {
        const end = (at + factor * 3) | 0;
        for (; at < end; at = (at + 3) | 0) {
          red = (red + (pixels[at] ?? 0)) | 0;
          green = (green + (pixels[at + 1] ?? 0)) | 0;
          blue = (blue + (pixels[at + 2] ?? 0)) | 0;
        }
        at = (at + toNextRow) | 0;
      }
      shrunk[to++] = red * scale + 0.5;
      shrunk[to++] = green * scale + 0.5;
      shrunk[to++] = blue * scale + 0.5;
    }
  }
  return { width: columns, height: rows, factor, pixels: shrunk };
}
