/**
 * The population stability index, Σ (a - b) ln (a / b) over the shares a and b of each category or bin: the symmetric
 * Kullback–Leibler divergence. By convention, below 0.1 is no shift, 0.1 to 0.2 a moderate shift, and above 0.2 a large shift
 * (Lewis, An Introduction to Credit Scoring, 1992; Siddiqi, Credit Risk Scorecards, 2006). Half a case is added to every
 * category, so that an empty category does not make the index infinite.
 */
export function stabilityIndex(earlier: readonly number[], later: readonly number[]): number {
  const total = (counts: readonly number[]) => counts.reduce((sum, count) => sum + count + 0.5, 0);
  const [a, b] = [total(earlier), total(later)];
  return earlier.reduce((sum, count, index) => {
    const [before, now] = [(count + 0.5) / a, ((later[index] ?? 0) + 0.5) / b];
    return sum + (now - before) * Math.log(now / before);
  }, 0);
}

/**
 * The value below which the index stays in about 99 % of cases without a shift, because two small samples differ by chance.
 * Without a shift the index is distributed as (1/n + 1/m) times χ² with `binCount - 1` degrees of freedom (Yurdakul and Naranjo,
 * Statistical properties of the population stability index, 2020); this is its mean plus 2.6 standard deviations.
 */
export function chanceOfShift(binCount: number, n: number, m: number): number {
  const freedom = binCount - 1;
  return (freedom + 2.6 * Math.sqrt(2 * freedom)) * (1 / n + 1 / m);
}

/** Limits that divide `values` into `binCount` bins of equal size, or fewer bins if values repeat. */
export function quantileLimits(values: readonly number[], binCount: number): number[] {
  const sorted = Float64Array.from(values).sort();
  const limits = Array.from(
    { length: binCount - 1 },
    (_, index) => sorted[Math.floor(((index + 1) * sorted.length) / binCount)] ?? 0,
  );
  return [...new Set(limits)];
}

/** The number of values below the first limit, from each limit to below the next, and from the last limit upwards. */
export function histogramOf(values: readonly number[], limits: readonly number[]): number[] {
  const counts = new Array<number>(limits.length + 1).fill(0);
  for (const value of values) {
    const bin = limits.filter((limit) => limit <= value).length;
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return counts;
}
