import { agreementOf, cohensKappa } from './cohens-kappa.js';

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

const table = (rows: number[][]) =>
  rows.flatMap((row, actual) =>
    row.map((count, predicted) => ({ actual: String(actual), predicted: String(predicted), count })),
  );

describe('the standard error of κ', () => {
  test('is that of the example in Fleiss, Cohen and Everitt (1969)', () => {
    // Shares of 200 patients: personality disorder, neurosis and psychosis by two raters. κ = 0.429 with a variance of 0.002885.
    const { count, agreeing, kappa, standardError, lower, upper } = agreementOf(
      table([
        [106, 10, 4],
        [22, 28, 10],
        [2, 12, 6],
      ]),
    );
    expect({ count, agreeing }).toEqual({ count: 200, agreeing: 140 });
    expect(kappa).toBeCloseTo(0.429, 3);
    expect((standardError ?? 0) ** 2).toBeCloseTo(0.002885, 5);
    expect(lower).toBeCloseTo(0.429 - 1.96 * 0.0537, 3);
    expect(upper).toBeCloseTo(0.429 + 1.96 * 0.0537, 3);
  });

  test('is that of the example in Fleiss, Levin and Paik (2003), table 18.1', () => {
    // 100 patients: psychotic, neurotic and organic by two raters. κ = 0.68 with a standard error of 0.087, from rounded terms.
    const { kappa, standardError } = agreementOf(
      table([
        [75, 1, 4],
        [5, 4, 1],
        [0, 0, 10],
      ]),
    );
    expect(kappa).toBeCloseTo(0.68, 2);
    expect(standardError).toBeCloseTo(0.0875, 3);
  });

  test('keeps the interval between −1 and 1, and is null where κ is', () => {
    const few = agreementOf(
      table([
        [9, 1],
        [0, 4],
      ]),
    );
    expect(few.upper).toBe(1);
    expect(few.lower).toBeLessThan(few.kappa ?? -1);
    expect(agreementOf(table([[5, 0]]))).toEqual({
      ...{ count: 5, agreeing: 5, kappa: null, standardError: null, lower: null, upper: null },
    });
    expect(agreementOf([])).toMatchObject({ count: 0, agreeing: 0, kappa: null });
  });
});
