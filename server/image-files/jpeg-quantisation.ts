// The tables K.1 (luminance) and K.2 (chrominance) of ITU-T T.81, in zigzag order.
const LUMINANCE = [
  16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24, 40, 26, 24, 22, 22, 24, 49, 35, 37, 29, 40, 58,
  51, 61, 60, 57, 51, 56, 55, 64, 72, 92, 78, 64, 68, 87, 69, 55, 56, 80, 109, 81, 87, 95, 98, 103, 104, 103,
  62, 77, 113, 121, 112, 100, 120, 92, 101, 103, 99,
];
const CHROMINANCE = [
  17,
  18,
  18,
  24,
  21,
  24,
  47,
  26,
  26,
  47,
  99,
  66,
  56,
  66,
  99,
  99,
  ...new Array<number>(48).fill(99),
];

/** So many of a table's 64 values, anywhere, are not those of the libjpeg table that the others are of. */
const ALTERED_AT_MOST = 3;
/** Or so many next to each other, as when a stretch of the file was overwritten. */
const ALTERED_TOGETHER_AT_MOST = 8;

/**
 * Whether a quantisation table is one of libjpeg's (jcparam.c: a table of T.81 scaled to a quality of 1 to 100) except for one to
 * three values, or a few next to each other: no encoder writes that, a damaged file does. Of the tables of other encoders
 * nothing is said.
 *
 * @param table 64 values in zigzag order
 */
export function looksAltered(table: readonly number[]): boolean {
  let looksSo = false;
  for (const standard of [LUMINANCE, CHROMINANCE]) {
    for (const scale of likelyScales(table, standard)) {
      const { count, stretch } = differences(table, standard, scale);
      if (count === 0) return false;
      looksSo ||= count <= ALTERED_AT_MOST || stretch <= ALTERED_TOGETHER_AT_MOST;
    }
  }
  return looksSo;
}

/** How many values are not those of the standard's table at this scale, and over how many they are spread. */
function differences(
  table: readonly number[],
  standard: readonly number[],
  scale: number,
): { count: number; stretch: number } {
  let [count, first, last] = [0, 0, 0];
  for (let index = 0; index < table.length; index++) {
    if (table[index] === scaled(standard[index] ?? 0, scale)) continue;
    if (count === 0) first = index;
    last = index;
    count++;
  }
  return { count, stretch: last - first + 1 };
}

/** Scales in percent, around the scale that fits the median of the values. */
function likelyScales(table: readonly number[], standard: readonly number[]): number[] {
  const scales = Float64Array.from(table, (value, index) => (100 * value) / (standard[index] ?? 1)).sort();
  const middle = scales[32] ?? 100;
  const quality = middle > 100 ? 5000 / middle : (200 - middle) / 2;
  return [-2, -1, 0, 1, 2]
    .map((step) => Math.min(100, Math.max(1, Math.round(quality) + step)))
    .map((near) => (near < 50 ? Math.floor(5000 / near) : 200 - 2 * near));
}

function scaled(value: number, percent: number): number {
  return Math.min(255, Math.max(1, Math.floor((value * percent + 50) / 100)));
}
