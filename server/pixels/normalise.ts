import type { Preprocessing } from './preprocessing.js';

/**
 * Converts pixels `[S, S, 3]`, 0–255, to network input: (pixel / 255 − mean) / std, per channel.
 *
 * @param out where to write, for instance an image's part of a batch. Defaults to a new array.
 */
export function normalise(
  pixels: Uint8Array,
  preprocessing: Pick<Preprocessing, 'mean' | 'std'>,
  out: Float32Array = new Float32Array(pixels.length),
): Float32Array {
  normaliser(preprocessing)(pixels, out);
  return out;
}

/**
 * Returns a function that does the same as {@link normalise} for many images: the lookup tables are computed once. It throws a
 * RangeError if `out` and `pixels` differ in length.
 */
export function normaliser(
  preprocessing: Pick<Preprocessing, 'mean' | 'std'>,
): (pixels: Uint8Array, out: Float32Array) => void {
  const [red, green, blue] = normalised(preprocessing);
  return (pixels, out) => {
    if (out.length !== pixels.length) {
      throw new RangeError(`${pixels.length} values do not fit an array of ${out.length}.`);
    }
    for (let index = 0; index < pixels.length; index += 3) {
      out[index] = red[pixels[index] ?? 0] ?? 0;
      out[index + 1] = green[pixels[index + 1] ?? 0] ?? 0;
      out[index + 2] = blue[pixels[index + 2] ?? 0] ?? 0;
    }
  };
}

/** What each value of red, green and blue becomes. */
export function normalised({
  mean,
  std,
}: Pick<Preprocessing, 'mean' | 'std'>): [red: Float32Array, green: Float32Array, blue: Float32Array] {
  const tableOf = (channel: 0 | 1 | 2) =>
    Float32Array.from({ length: 256 }, (_, value) => (value / 255 - mean[channel]) / std[channel]);
  return [tableOf(0), tableOf(1), tableOf(2)];
}
