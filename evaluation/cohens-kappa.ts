/**
 * Cohen's κ of a confusion matrix (Cohen 1960): the agreement of actual and predicted labels beyond chance,
 * (observed − expected) / (1 − expected), from −1 to 1. Null if it is not defined: without images, or if all have the same actual
 * and the same predicted label.
 */
export function cohensKappa(
  cells: readonly { actual: string; predicted: string; count: number }[],
): number | null {
  const sumOf = (chosen: (cell: (typeof cells)[number]) => boolean) =>
    cells.filter(chosen).reduce((sum, { count }) => sum + count, 0);
  const total = sumOf(() => true);
  if (total === 0) return null;
  const observed = sumOf(({ actual, predicted }) => actual === predicted) / total;
  const labels = [...new Set(cells.flatMap(({ actual, predicted }) => [actual, predicted]))];
  const expected = labels.reduce(
    (sum, label) =>
      sum +
      (sumOf(({ actual }) => actual === label) * sumOf(({ predicted }) => predicted === label)) / total ** 2,
    0,
  );
  return expected === 1 ? null : (observed - expected) / (1 - expected);
}
