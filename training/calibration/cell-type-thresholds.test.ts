import { cellTypeThreshold, type TypeEvidence } from './cell-type-thresholds.js';

/** `count` images at evenly spaced probabilities, the first at `from`. */
const images = (count: number, actual: string, from: number, to: number, weight = 1): TypeEvidence[] =>
  Array.from({ length: count }, (_, index) => ({
    probability: from + ((to - from) * index) / count,
    actual,
    weight,
    group: null,
  }));
const unseen = (count: number, actual: string): TypeEvidence[] =>
  Array.from({ length: count }, () => ({ probability: null, actual, weight: 1, group: null }));

it('is the lowest probability at which the interval of the precision is above 0.9', () => {
  // Of the highest n images, at most the share that Wilson's interval allows may be wrong: 200 right ones, then every second one is wrong.
  const mixed = images(100, 'band', 0.6, 0.7).map((image, index) =>
    index % 2 === 0 ? image : { ...image, actual: 'other' },
  );
  const threshold = cellTypeThreshold('band', [
    ...images(200, 'band', 0.8, 1),
    ...mixed,
    ...unseen(900, 'other'),
  ]);
  const wrong = mixed.filter(({ probability }) => (probability ?? 0) >= (threshold ?? 1));
  expect(wrong.length).toBeGreaterThan(20);
  expect(wrong.length).toBeLessThan(30);
});

it('is at least one half', () => {
  expect(cellTypeThreshold('band', images(100, 'band', 0.3, 0.9))).toBeCloseTo(0.5, 2);
});

it('is null with too few right images, and where no probability is reliable', () => {
  expect(cellTypeThreshold('band', images(34, 'band', 0.9, 1))).toBeNull(); // 34 of 34: 0.898
  expect(cellTypeThreshold('band', images(35, 'band', 0.9, 1))).toBe(0.9);
  expect(cellTypeThreshold('band', images(350, 'band', 0.9, 1, 0.09))).toBeNull();
  const even = [...images(400, 'band', 0.5, 1), ...images(400, 'other', 0.5, 1)];
  expect(cellTypeThreshold('band', even)).toBeNull();
});

it('is null while the right images are of fewer than five patients', () => {
  const of = (patients: number) =>
    images(200, 'band', 0.9, 1).map((image, index) => ({ ...image, group: `patient ${index % patients}` }));
  expect(cellTypeThreshold('band', of(4))).toBeNull();
  expect(cellTypeThreshold('band', of(5))).toBe(0.9);
  const wrong = images(1, 'other', 0.95, 1).map((image) => ({ ...image, group: 'another patient' }));
  expect(cellTypeThreshold('band', [...of(4), ...wrong])).toBeNull();
});

it('does not name more than a tenth of another type so, however rare it is', () => {
  const common = images(5000, 'seg', 0.5, 1);
  const rare = images(20, 'band', 0.5, 0.9);
  const threshold = cellTypeThreshold('seg', [...common, ...rare, ...unseen(20, 'band')]) ?? NaN;
  expect(rare.filter(({ probability }) => (probability ?? 0) >= threshold)).toHaveLength(4);
});
