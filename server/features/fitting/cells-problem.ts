import type { Manifest } from '../../artifact/manifest.js';
import type { FitCounts } from './fit-counts.js';

/** The smallest number of cells of each class that a version is fitted to. */
export const FEWEST_OF_CLASS = 5;

/** Why a version cannot be fitted to these cells, and how many are missing, as a sentence; null if it can. */
export function cellsProblem(
  { positiveCount, negativeCount, excluded }: FitCounts,
  { positiveLabel }: Pick<Manifest, 'positiveLabel'>,
): string | null {
  const missing = [
    { count: FEWEST_OF_CLASS - positiveCount, words: `labelled '${positiveLabel}'` },
    { count: FEWEST_OF_CLASS - negativeCount, words: 'with the other label' },
  ].filter(({ count }) => count > 0);
  if (missing.length === 0) return null;
  const left = excluded.reduce((sum, { count }) => sum + count, 0);
  return (
    `A fit needs at least ${FEWEST_OF_CLASS} cells of each class. Missing: ` +
    `${missing.map(({ count, words }) => `${count} ${words}`).join(', ')}.` +
    (left > 0 ? ` ${left} labelled cells are left out; the preview of the fit gives the reasons.` : '')
  );
}
