import { cohensKappa } from './cohens-kappa.js';

const matrix = (counts: Record<string, Record<string, number>>) =>
  Object.entries(counts).flatMap(([actual, row]) =>
    Object.entries(row).map(([predicted, count]) => ({ actual, predicted, count })),
  );

test('is the agreement beyond chance', () => {
  // The example of Cohen's κ in Wikipedia: 35 of 50 agree, 25 of which are expected by chance.
  expect(cohensKappa(matrix({ yes: { yes: 20, no: 5 }, no: { yes: 10, no: 15 } }))).toBeCloseTo(0.4, 12);
  expect(cohensKappa(matrix({ a: { a: 5, b: 0 }, b: { a: 0, b: 7 } }))).toBe(1);
});

test('is null where chance alone would agree always, and without images', () => {
  expect(cohensKappa(matrix({ a: { a: 5, b: 0 }, b: { a: 0, b: 0 } }))).toBeNull();
  expect(cohensKappa([])).toBeNull();
});
