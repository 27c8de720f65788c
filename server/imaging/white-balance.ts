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
  for (let channel = 0; channel < 3; channel++) {
    const histogram = new Uint32Array(256);
    for (let index = channel; index < pixels.length; index += 3) {
      const value = pixels[index] ?? 0;
      histogram[value] = (histogram[value] ?? 0) + 1;
    }
    const white = Math.max(1, percentileOf(histogram, percentile)); // an all-black channel stays black
    const scaled = Uint8Array.from({ length: 256 }, (_, value) =>
      Math.min(255, Math.round((value * target) / white)),
    );
    for (let index = channel; index < pixels.length; index += 3) {
      pixels[index] = scaled[pixels[index] ?? 0] ?? 0;
    }
  }
}
