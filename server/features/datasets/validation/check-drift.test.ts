import { randomFrom } from '../../../imaging/seeded-random.js';
import { driftOfClasses, driftOfColour, driftOfSize } from './check-drift.js';
import { histogramOf, quantileLimits, stabilityIndex } from './stability-index.js';
import { measuredItem, snapshotOf } from './testing.js';

/** Images with the given count of each label; `redder`: added to the red channel of 180 ± 20; `width` of every image, in pixels. */
function items(seed: string, counts: Record<string, number>, { redder = 0, width = 100 } = {}) {
  const random = randomFrom(seed);
  return Object.entries(counts).flatMap(([label, count]) =>
    Array.from({ length: count }, () => {
      const grey = random.between(160, 200);
      return measuredItem({
        label,
        width,
        height: width,
        measurements: { colour: [grey + redder, grey, grey] },
      });
    }),
  );
}

function against(earlier: ReturnType<typeof items>, now: ReturnType<typeof items>): string[] {
  const snapshot = snapshotOf(now, { version: 3, items: earlier });
  return [driftOfClasses, driftOfColour, driftOfSize]
    .flatMap((check) => check(snapshot))
    .map(({ check, severity }) => `${severity} ${check}`);
}

const before = items('before', { a: 300, b: 300 });

test('another sample of the same data is not drift, however small the sample', () => {
  expect(against(before, items('now', { a: 310, b: 290 }))).toEqual([]);
  expect(against(before, items('now', { a: 8, b: 7 }))).toEqual([]);
  expect(driftOfClasses(snapshotOf(before))).toEqual([]);
});

test('changed label frequencies, colours and sizes each give a warning', () => {
  expect(against(before, items('now', { a: 300, b: 60 }))).toEqual(['WARNING drift-of-classes']);
  expect(against(before, items('now', { a: 300, b: 300, c: 300 }))).toEqual(['WARNING drift-of-classes']);
  expect(against(before, items('now', { a: 300, b: 300 }, { redder: 15 }))).toEqual([
    'WARNING drift-of-colour',
  ]);
  expect(against(before, items('now', { a: 300, b: 300 }, { width: 120 }))).toEqual([
    'WARNING drift-of-size',
  ]);
  expect(against(before, items('now', { a: 300, b: 300 }, { width: 80 }))).toEqual(['WARNING drift-of-size']);
});

test('the message contains the old and the new frequencies', () => {
  const [finding] = driftOfClasses(
    snapshotOf(items('now', { a: 300, b: 60 }), { version: 3, items: before }),
  );
  expect(finding?.message).toContain('from version 3 of this snapshot (a: 50 % → 83 %, b: 50 % → 17 %)');
  expect(finding?.threshold).toBe(0.2);
});

test('the stability index matches the published formula', () => {
  // By hand: (0.6 - 0.5) ln (0.6 / 0.5) + (0.4 - 0.5) ln (0.4 / 0.5) = 0.0405
  expect(stabilityIndex([50_000, 50_000], [60_000, 40_000])).toBeCloseTo(0.0405, 3);
  expect(stabilityIndex([10, 20], [10, 20])).toBe(0);
});

test('bins have equal sizes and contain every value', () => {
  const limits = quantileLimits([1, 2, 3, 4, 5, 6, 7, 8], 4);
  expect(limits).toEqual([3, 5, 7]);
  expect(histogramOf([1, 2, 3, 4, 5, 6, 7, 8], limits)).toEqual([2, 2, 2, 2]);
  expect(histogramOf([-5, 99], limits)).toEqual([1, 0, 0, 1]);
});
