/** The smallest value for which at least `percentile` % of the counted values are equal to it or lower. */
export function percentileOf(histogram: Uint32Array, percentile: number): number {
  const wanted = (histogram.reduce((sum, count) => sum + count, 0) * percentile) / 100;
  let seen = 0;
  return histogram.findIndex((count) => (seen += count) >= wanted);
}
