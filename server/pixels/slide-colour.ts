import { percentileOf } from './histogram.js';

/** About as many pixels are looked at, spread over the picture. */
const SAMPLED = 65_536;
/** The brightest pixels of a stained smear are the empty slide; those above this percentile can be glare and noise. */
const PERCENTILE = 95;

/** Red, green and blue of the empty slide of a picture `[height, width, 3]`: the 95th percentile of each channel. */
export function slideColour({ pixels }: { readonly pixels: Uint8Array }): [number, number, number] {
  const histograms = [0, 1, 2].map(() => new Uint32Array(256));
  const step = 3 * Math.max(1, Math.floor(pixels.length / 3 / SAMPLED));
  for (let at = 0; at + 2 < pixels.length; at += step) {
    histograms.forEach((histogram, channel) => {
      const value = pixels[at + channel] ?? 0;
      histogram[value] = (histogram[value] ?? 0) + 1;
    });
  }
  const of = (channel: 0 | 1 | 2) => percentileOf(histograms[channel] ?? new Uint32Array(256), PERCENTILE);
  return [of(0), of(1), of(2)];
}
