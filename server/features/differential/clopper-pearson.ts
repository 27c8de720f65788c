/** The probability that is left beyond each limit of a 95 % interval. */
const TAIL = 0.025;

/**
 * The exact 95 % confidence interval of a share of which `hits` among `count` were observed: Clopper & Pearson 1934, Biometrika 26:404,
 * doi:10.1093/biomet/26.4.404, as in the table of Rümke 1960, Triangle 4:154, for differential counts. Exactly 0 for no hit, and exactly 1
 * for nothing else.
 * @param count at least 1
 */
export function clopperPearsonInterval(hits: number, count: number): { lower: number; upper: number } {
  return { lower: lowerLimit(hits, count), upper: 1 - lowerLimit(count - hits, count) };
}

/** The share for which `hits` or more among `count` have the probability {@link TAIL}, by bisection. 0 for no hit. */
function lowerLimit(hits: number, count: number): number {
  if (hits === 0) return 0;
  let waysLogarithm = 0;
  for (let i = 1; i <= hits; i += 1) waysLogarithm += Math.log((count - hits + i) / i);
  let [low, high] = [0, hits / count]; // here the probability is at least 1/4
  for (let step = 0; step < 60; step += 1) {
    const share = (low + high) / 2;
    const first = Math.exp(waysLogarithm + hits * Math.log(share) + (count - hits) * Math.log1p(-share));
    if (sumFrom(first, hits, count, share) < TAIL) low = share;
    else high = share;
  }
  return high;
}

/** The probability of `hits` or more, from that of exactly `hits`. The terms become smaller, because the share is below hits / count. */
function sumFrom(first: number, hits: number, count: number, share: number): number {
  let [sum, term] = [first, first];
  for (let i = hits; i < count && term > sum * Number.EPSILON; i += 1) {
    term *= ((count - i) / (i + 1)) * (share / (1 - share));
    sum += term;
  }
  return sum;
}
