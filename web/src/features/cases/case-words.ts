import type { CaseListEntryFragment, CaseState } from '../../graphql/graphql.js';
import { count } from '../../ui/format.js';

export const caseStateLabels: Record<CaseState, string> = { OPEN: 'Open', SIGNED: 'Signed' };

/** 'blasts 3 · needs review 2 · not recognised 1 · reviewed 12 of 60' */
export function caseCountsText(counts: CaseListEntryFragment['counts']): string {
  const { cells, blasts, needsReview, notRecognised, reviewed, notCells } = counts;
  return [
    count(blasts, 'blast'),
    `${needsReview.toLocaleString()} need review`,
    `${notRecognised.toLocaleString()} not recognised`,
    `${reviewed.toLocaleString()} of ${cells.toLocaleString()} reviewed`,
    ...(notCells > 0 ? [`${notCells.toLocaleString()} not a cell`] : []),
  ].join(' · ');
}
