import type { ReviewVerdict } from '../../database/generated/enums.js';
import type { ReviewRow } from './load-reviews.js';

/** The newest label of a reviewer, of the reviews of one prediction, oldest first. Null if no review gives a label. */
export function newestLabelOf(reviews: readonly Pick<ReviewRow, 'verdict' | 'label'>[]): string | null {
  return reviews.findLast(({ verdict }) => verdict === 'LABEL')?.label ?? null;
}

/** The verdict of the newest review, of the reviews of one prediction, oldest first. Null if there is none. */
export function finalVerdictOf(reviews: readonly Pick<ReviewRow, 'verdict'>[]): ReviewVerdict | null {
  return reviews.at(-1)?.verdict ?? null;
}
