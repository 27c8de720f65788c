import type { Preprocessing } from './preprocessing.js';

/**
 * What writes pixels `[S, S, 3]`, 0–255, as network input: (pixel / 255 − mean) / std, by channel. For many images: what it
 * looks up is worked out once.
 */
export function normaliser({
  mean,
  std,
}: Pick<Preprocessing, 'mean' | 'std'>): (pixels: Uint8Array, out: Float32Array) => void {
  const [red, green, blue] = ([0, 1, 2] as const).map((channel) =>
    Float32Array.from({ length: 256 }, (_, value) => (value / 255 - mean[channel]) / std[channel]),
  ) as [Float32Array, Float32Array, Float32Array];
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
