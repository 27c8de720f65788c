import type { Preprocessing } from './preprocessing.js';

/** What determines the network input of prepared pixels. */
export type Normalisation = Pick<Preprocessing, 'channel' | 'mean' | 'std'>;

/**
 * Converts pixels `[S, S, 3]`, 0–255, to network input of the same shape: (pixel / 255 − mean) / std, per channel. A version that
 * sees one channel gets its pixels in place of all three.
 *
 * @param out where to write, for instance an image's part of a batch. Defaults to a new array.
 */
export function normalise(
  pixels: Uint8Array,
  preprocessing: Normalisation,
  out: Float32Array = new Float32Array(pixels.length),
): Float32Array {
  normaliser(preprocessing)(pixels, out);
  return out;
}

/**
 * Returns a function that does the same as {@link normalise} for many images: the lookup tables are computed once. It throws a
 * RangeError if `out` and `pixels` differ in length.
 */
export function normaliser({
  channel,
  mean,
  std,
}: Normalisation): (pixels: Uint8Array, out: Float32Array) => void {
  const tableOf = (at: 0 | 1 | 2) =>
    Float32Array.from({ length: 256 }, (_, value) => (value / 255 - mean[at]) / std[at]);
  const [red, green, blue] = [tableOf(0), tableOf(1), tableOf(2)];
  const [greenAt, blueAt] = sourceOf(channel);
  return (pixels, out) => {
    if (out.length !== pixels.length) {
      throw new RangeError(`${pixels.length} values do not fit an array of ${out.length}.`);
    }
    for (let index = 0; index < pixels.length; index += 3) {
      out[index] = red[pixels[index] ?? 0] ?? 0;
      out[index + 1] = green[pixels[index + greenAt] ?? 0] ?? 0;
      out[index + 2] = blue[pixels[index + blueAt] ?? 0] ?? 0;
    }
  };
}

/** Which value of a pixel is the network's second, and which its third. The first is always red. */
export function sourceOf(channel: Preprocessing['channel']): readonly [number, number] {
  return channel === 'red' ? [0, 0] : [1, 2];
}
