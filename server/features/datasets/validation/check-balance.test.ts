import { classBalance } from './check-balance.js';
import { measuredItem, snapshotOf } from './testing.js';

const of = (...counts: [label: string, count: number][]) =>
  classBalance(
    snapshotOf(
      counts.flatMap(([label, count]) => Array.from({ length: count }, () => measuredItem({ label }))),
    ),
  );

test('gives no finding for similar label counts, INFO for imbalance, and a WARNING for a rare label', () => {
  expect(of(['a', 30], ['b', 100])).toEqual([]);
  expect(of(['a', 20], ['b', 100])).toMatchObject([
    { severity: 'INFO', statistic: 0.2, examples: ['a: 20 images'] },
  ]);
  expect(of(['a', 4], ['b', 100], ['c', 20])).toMatchObject([
    { check: 'class-balance', severity: 'WARNING', count: 2, statistic: 0.04, threshold: 0.05 },
  ]);
});
