import { percentileOf } from './histogram.js';

/**
 * Scales each channel of `pixels` `[n, 3]`, in place, so that its `percentile` (0–100) becomes `target` (0–255). The empty slide
 * then has the same white under every lamp, camera and scanner. The brightest pixels of a stained smear are the glass between
 * the cells. Their colour is that of the instrument; dividing by it (von Kries 1902) leaves the colour of the stain.
 */
export function whiteBalance(
  pixels: Uint8Array,
  { percentile, target }: { readonly percentile: number; readonly target: number },
): void {
  const reds = new Uint32Array(256);
  const greens = new Uint32Array(256);
  const blues = new Uint32Array(256);
  for (let index = 0; index < pixels.length;) {
    count(reds, pixels[index++] ?? 0);
    count(greens, pixels[index++] ?? 0);
    count(blues, pixels[index++] ?? 0);
  }
  const red = balanced(percentileOf(reds, percentile), target);
  const green = balanced(percentileOf(greens, percentile), target);
  const blue = balanced(percentileOf(blues, percentile), target);
  for (let index = 0; index < pixels.length; index += 3) {
    pixels[index] = red[pixels[index] ?? 0] ?? 0;
    pixels[index + 1] = green[pixels[index + 1] ?? 0] ?? 0;
    pixels[index + 2] = blue[pixels[index + 2] ?? 0] ?? 0;
  }
}

function count(histogram: Uint32Array, value: number): void {
  histogram[value] = (histogram[value] ?? 0) + 1;
}

/** The new value of each value of a channel, such that `white` becomes `target`. A black channel stays black. */
function balanced(white: number, target: number): Uint8Array {
  const values = new Uint8Array(256);
  for (let value = 0; value < 256; value++) {
    values[value] = Math.min(255, Math.round((value * target) / Math.max(1, white)));
  }
  return values;
}
