/**
 * The population stability index, Σ (a - b) ln (a / b) over the shares a and b of each category or bin: the symmetric
 * Kullback–Leibler divergence. By custom below 0.1 is no shift, up to 0.2 a moderate one, and more a large one (Lewis, An
 * Introduction to Credit Scoring, 1992; Siddiqi, Credit Risk Scorecards, 2006). Half a case is added to every category, so
 * that an empty one does not make it infinite.
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
 * What the index stays below in about 99 % of cases where nothing has shifted: it is then (1/n + 1/m) times a χ² with one
 * degree of freedom less than there are bins (Yurdakul and Naranjo, Statistical properties of the population stability
 * index, 2020), of which this is the mean and 2.6 standard deviations. Two small samples differ by chance.
 */
export function chanceOfShift(binCount: number, n: number, m: number): number {
  const freedom = binCount - 1;
  return (freedom + 2.6 * Math.sqrt(2 * freedom)) * (1 / n + 1 / m);
}

/** Limits that cut `values` into `binCount` bins of equal size; fewer where values repeat. */
export function quantileLimits(values: readonly number[], binCount: number): number[] {
  const sorted = Float64Array.from(values).sort();
  const limits = Array.from(
    { length: binCount - 1 },
    (_, index) => sorted[Math.floor(((index + 1) * sorted.length) / binCount)] ?? 0,
  );
  return [...new Set(limits)];
}

/** How many of the values lie below the first limit, from each limit to below the next, and from the last on. */
export function histogramOf(values: readonly number[], limits: readonly number[]): number[] {
  const counts = new Array<number>(limits.length + 1).fill(0);
  for (const value of values) {
    const bin = limits.filter((limit) => limit <= value).length;
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return counts;
}
