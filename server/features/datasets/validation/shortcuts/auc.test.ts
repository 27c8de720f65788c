import { areaUnderCurve } from './auc.js';

const auc = (positives: number[], negatives: number[]) =>
  areaUnderCurve(Float64Array.from(positives), Float64Array.from(negatives));

test('is the share of pairs in the right order, with ties counted as half', () => {
  expect(auc([3, 4], [1, 2])).toBe(1);
  expect(auc([1, 2], [3, 4])).toBe(0);
  expect(auc([1, 3], [2, 4])).toBe(0.25);
  expect(auc([1, 1, 1], [1, 1])).toBe(0.5);
  expect(auc([2, 1], [1, 0])).toBe(0.875);
  expect(auc([], [1])).toBeNaN();
});

test('agrees with counting pair by pair', () => {
  const positives = Array.from({ length: 50 }, (_, index) => (index * 37) % 23);
  const negatives = Array.from({ length: 70 }, (_, index) => (index * 17) % 19);
  const wins = positives.flatMap((a) => negatives.map((b) => (a > b ? 1 : a === b ? 0.5 : 0)));
  expect(auc(positives, negatives)).toBeCloseTo(
    wins.reduce<number>((sum, win) => sum + win, 0) / wins.length,
    12,
  );
});
