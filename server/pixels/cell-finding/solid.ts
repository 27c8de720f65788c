import { forEachPixel, type Nucleus } from './nuclei.js';
import type { Pieces } from './split-touching.js';
import type { WorkingImage } from './working-image.js';

/** At most this part of a nucleus is as bright as the empty slide, to within this part. */
const BRIGHT_AT_MOST = 0.15;
const BRIGHT = 0.92;

/**
 * Whether a nucleus is dark throughout in the original picture. Words in bold print and clouds of fine specks look like nuclei in the
 * working image, but have the colour of the slide between their strokes. One pixel of the original is looked up for each of the working image.
 *
 * @param original `[height, width, 3]`, RGB 0–255, and its width
 * @param slide the level of the empty slide in green, 0–255
 */
export function isSolid(
  nucleus: Nucleus,
  pieces: Pieces,
  { width, factor }: WorkingImage,
  original: { readonly pixels: Uint8Array; readonly width: number },
  slide: number,
): boolean {
  let bright = 0;
  forEachPixel(nucleus, pieces, (pixel) => {
    const column = pixel % width;
    const row = (pixel - column) / width;
    // A place that changes from pixel to pixel, so that it does not follow the lines of a text.
    const across = (column + 2 * row) % factor;
    const down = (row + 2 * column) % factor;
    const at = 3 * ((row * factor + down) * original.width + column * factor + across);
    if ((original.pixels[at + 1] ?? 0) > BRIGHT * slide) bright++;
  });
  return bright <= BRIGHT_AT_MOST * nucleus.area;
}
