import fc from 'fast-check';
import { clopperPearsonInterval } from './clopper-pearson.js';

test.each([
  // hits, count, and the limits in percent, as in Rümke's table with one more digit
  [0, 100, 0, 3.6],
  [1, 100, 0, 5.4],
  [5, 100, 1.6, 11.3],
  [20, 100, 12.7, 29.2],
  [50, 100, 39.8, 60.2],
  [95, 100, 88.7, 98.4],
  [100, 100, 96.4, 100],
  [0, 200, 0, 1.8],
  [10, 200, 2.4, 9],
  [40, 200, 14.7, 26.2],
  [0, 500, 0, 0.7],
  [25, 500, 3.3, 7.3],
  [100, 500, 16.6, 23.8],
])('%i of %i: %f to %f %%', (hits, count, lower, upper) => {
  const interval = clopperPearsonInterval(hits, count);
  const percent = (share: number) => Math.round(share * 1000) / 10;
  expect([percent(interval.lower), percent(interval.upper)]).toEqual([lower, upper]);
});

// scipy.stats.beta.ppf(0.025, k, n - k + 1) and beta.ppf(0.975, k + 1, n - k) of SciPy 1.16
test.each([
  [0, 1, 0, 0.975],
  [1, 1, 0.025, 1],
  [1, 2, 0.0125791170934, 0.987420882907],
  [1, 100, 0.000253146032977, 0.0544593853921],
  [499, 500, 0.988907523101, 0.999949365666],
  [3, 10_000, 6.18714857484e-5, 0.000876474522514],
  [5_000, 10_000, 0.49015138059, 0.50984861941],
])('%i of %i has the limits that SciPy computes', (hits, count, lower, upper) => {
  const interval = clopperPearsonInterval(hits, count);
  expect(interval.lower).toBeCloseTo(lower, 10);
  expect(interval.upper).toBeCloseTo(upper, 10);
});

/** A number of hits among a number of cells. */
const observed = fc
  .integer({ min: 1, max: 600 })
  .chain((count) => fc.tuple(fc.integer({ min: 0, max: count }), fc.constant(count)));

test('an interval contains the share, is exact at the ends, and is the mirror of that of the other cells', () => {
  fc.assert(
    fc.property(observed, ([hits, count]) => {
      const { lower, upper } = clopperPearsonInterval(hits, count);
      const others = clopperPearsonInterval(count - hits, count);
      expect(lower).toBeLessThanOrEqual(hits / count);
      expect(upper).toBeGreaterThanOrEqual(hits / count);
      expect([lower === 0, upper === 1]).toEqual([hits === 0, hits === count]);
      expect(others.lower).toBeCloseTo(1 - upper, 12);
      expect(others.upper).toBeCloseTo(1 - lower, 12);
    }),
  );
});

test('each limit leaves 2.5 % beyond it', () => {
  fc.assert(
    fc.property(observed, ([hits, count]) => {
      const { lower, upper } = clopperPearsonInterval(hits, count);
      if (hits > 0) expect(probability(hits, count, count, lower)).toBeCloseTo(0.025, 8);
      if (hits < count) expect(probability(0, hits, count, upper)).toBeCloseTo(0.025, 8);
    }),
  );
});

test('a hit more raises both limits, and ten times the cells narrow the interval', () => {
  fc.assert(
    fc.property(observed, ([hits, count]) => {
      const interval = clopperPearsonInterval(hits, count);
      const larger = clopperPearsonInterval(hits * 10, count * 10);
      expect(larger.upper - larger.lower).toBeLessThan(interval.upper - interval.lower);
      if (hits === count) return;
      const next = clopperPearsonInterval(hits + 1, count);
      expect(next.lower).toBeGreaterThan(interval.lower);
      if (hits + 1 < count) expect(next.upper).toBeGreaterThan(interval.upper);
    }),
  );
});

/** The probability of `from` to `to` hits among `count`, summed over the whole binomial distribution. */
function probability(from: number, to: number, count: number, share: number): number {
  let [sum, logarithm] = [0, count * Math.log1p(-share)];
  for (let hits = 0; hits <= to; hits += 1) {
    if (hits >= from) sum += Math.exp(logarithm);
    logarithm += Math.log((count - hits) / (hits + 1)) + Math.log(share) - Math.log1p(-share);
  }
  return sum;
}
