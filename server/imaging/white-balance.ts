import { percentileOf } from './histogram.js';

/**
 * Makes the empty slide the same white under every lamp, camera and scanner: in place, scales each channel of `pixels`
 * `[n, 3]` so that its `percentile` (0–100) becomes `target`. The brightest pixels of a stained smear are the glass
 * between the cells; their colour is the instrument's, and dividing by it (von Kries 1902) leaves that of the stain.
 */
export function whiteBalance(
  pixels: Uint8Array,
  { percentile, target }: { readonly percentile: number; readonly target: number },
): void {
  const histograms = [new Uint32Array(256), new Uint32Array(256), new Uint32Array(256)] as const;
  const [reds, greens, blues] = histograms;
  for (let index = 0; index < pixels.length; index += 3) {
    count(reds, pixels[index] ?? 0);
    count(greens, pixels[index + 1] ?? 0);
    count(blues, pixels[index + 2] ?? 0);
  }
  const [red, green, blue] = histograms.map((histogram) => {
    const white = Math.max(1, percentileOf(histogram, percentile)); // an all-black channel stays black
    return Uint8Array.from({ length: 256 }, (_, value) =>
      Math.min(255, Math.round((value * target) / white)),
    );
  }) as [Uint8Array, Uint8Array, Uint8Array];
  for (let index = 0; index < pixels.length; index += 3) {
    pixels[index] = red[pixels[index] ?? 0] ?? 0;
    pixels[index + 1] = green[pixels[index + 1] ?? 0] ?? 0;
    pixels[index + 2] = blue[pixels[index + 2] ?? 0] ?? 0;
  }
}

function count(histogram: Uint32Array, value: number): void {
  histogram[value] = (histogram[value] ?? 0) + 1;
}
