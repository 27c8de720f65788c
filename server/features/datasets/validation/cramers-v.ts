/**
 * The association between two categories, 0 (none) to 1 (one determines the other): Cramér's V, corrected for its bias in
 * small samples (Bergsma, A bias-correction for Cramér's V, 2013).
 *
 * @param pairs the two categories of each case
 */
export function cramersV(pairs: readonly (readonly [string, string])[]): number {
  const rows = countsOf(pairs.map(([row]) => row));
  const columns = countsOf(pairs.map(([, column]) => column));
  const cells = countsOf(pairs.map((pair) => JSON.stringify(pair)));
  const n = pairs.length;
  if (n < 2 || rows.size < 2 || columns.size < 2) return 0;
  // χ² / n = Σ observed² / (row · column) - 1
  let phi = -1;
  for (const [row, inRow] of rows) {
    for (const [column, inColumn] of columns) {
      phi += (cells.get(JSON.stringify([row, column])) ?? 0) ** 2 / (inRow * inColumn);
    }
  }
  const expected = ((rows.size - 1) * (columns.size - 1)) / (n - 1);
  const corrected = (size: number) => size - (size - 1) ** 2 / (n - 1);
  const most = Math.min(corrected(rows.size), corrected(columns.size)) - 1;
  return most <= 0 ? 0 : Math.min(1, Math.sqrt(Math.max(0, phi - expected) / most));
}

/** How often each value occurs. */
export function countsOf(values: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}
