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

/**
 * The review that gives a cell its label for training and fitting, of all reviews of the cell, oldest first: the newest one. Null if
 * that review gives no label: an earlier label was withdrawn then. The cell is disputed if the newest review of another reviewer is
 * not the same label.
 */
export function labellingReview<Review extends Pick<ReviewRow, 'reviewerId' | 'verdict' | 'label'>>(
  reviews: readonly Review[],
): { review: Review; isDisputed: boolean } | null {
  const review = reviews.at(-1);
  if (review?.verdict !== 'LABEL') return null;
  const newestOfReviewers = new Map(reviews.map((each) => [each.reviewerId, each]));
  const agrees = ({ verdict, label }: Review) => verdict === 'LABEL' && label === review.label;
  return { review, isDisputed: ![...newestOfReviewers.values()].every(agrees) };
}
