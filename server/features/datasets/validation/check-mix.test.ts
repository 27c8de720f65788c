import { formatMix, resolutionMix } from './check-mix.js';
import { cramersV } from './cramers-v.js';
import { measuredItem, snapshotOf } from './testing.js';

const items = (label: string, count: number, given: Parameters<typeof measuredItem>[0]) =>
  Array.from({ length: count }, () => measuredItem({ label, ...given }));

test('one size and format for all images gives no finding', () => {
  const all = [...items('a', 10, {}), ...items('b', 10, {})];
  expect(resolutionMix(snapshotOf(all))).toEqual([]);
  expect(formatMix(snapshotOf(all))).toEqual([]);
});

test('a mixture of sizes that is the same for all labels is INFO, one that differs is a WARNING', () => {
  const large = { width: 400, height: 400 };
  const even = ['a', 'b'].flatMap((label) => [...items(label, 30, {}), ...items(label, 30, large)]);
  expect(resolutionMix(snapshotOf(even))).toMatchObject([
    { check: 'resolution-mix', severity: 'INFO', statistic: 0, count: 2 },
  ]);
  const uneven = [...items('a', 30, {}), ...items('b', 30, large)];
  const [finding] = resolutionMix(snapshotOf(uneven));
  expect(finding).toMatchObject({ severity: 'WARNING', threshold: 0.3 });
  expect(finding?.statistic).toBeGreaterThan(0.95);
  expect(finding?.message).toContain('a 100 × 100 (100 %), b 400 × 400 (100 %)');
});

test('formats that differ by label are a WARNING', () => {
  const all = [...items('a', 30, { mediaType: 'image/png' }), ...items('b', 30, {})];
  expect(formatMix(snapshotOf(all))).toMatchObject([{ check: 'format-mix', severity: 'WARNING' }]);
});

test('sizes that are all different are not associated with the label', () => {
  const all = Array.from({ length: 200 }, (_, index) =>
    measuredItem({ label: index % 2 ? 'a' : 'b', width: 100 + ((index * 37) % 200) }),
  );
  expect(resolutionMix(snapshotOf(all))).toMatchObject([{ severity: 'INFO' }]);
});

test("Cramér's V is 1 if one category determines the other, and 0 if they are independent", () => {
  const pairs = (n: number, valueOf: (index: number) => [string, string]) =>
    Array.from({ length: n }, (_, i) => valueOf(i));
  expect(cramersV(pairs(100, (i) => [`${i % 2}`, `${i % 2}`]))).toBeCloseTo(1, 1);
  expect(cramersV(pairs(100, (i) => [`${i % 2}`, `${i % 4 < 2}`]))).toBe(0);
  expect(cramersV(pairs(100, () => ['a', 'b']))).toBe(0);
  // By hand: cells 40, 10, 10, 40; χ²/n = 0.36; (0.36 - 1/99) / (2 - 1/99 - 1) = 0.3535
  const table = [
    ['a', 'x', 40],
    ['a', 'y', 10],
    ['b', 'x', 10],
    ['b', 'y', 40],
  ] as const;
  const cells = table.flatMap(([row, column, n]) => pairs(n, () => [row, column]));
  expect(cramersV(cells) ** 2).toBeCloseTo(0.3535, 3);
});
