import type { LocalCell } from './local-cell.js';

/** The correlation between the scores of cells of one patient and class, beyond what the class explains. */
const WITHIN_PATIENT = 0.2;

/**
 * How much each cell counts, 0–1. Cells of one patient are alike, so m of them count as m / (1 + (m − 1) · 0.2) independent cells (the
 * design effect: Kish 1965): at most as 5. A cell whose patient is unknown counts as 1.
 */
export function cellWeights(cells: readonly Pick<LocalCell, 'group'>[]): number[] {
  const counts = new Map<string, number>();
  for (const { group } of cells) if (group !== null) counts.set(group, (counts.get(group) ?? 0) + 1);
  return cells.map(({ group }) => {
    const ofPatient = group === null ? 1 : (counts.get(group) ?? 1);
    return 1 / (1 + (ofPatient - 1) * WITHIN_PATIENT);
  });
}

export function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
