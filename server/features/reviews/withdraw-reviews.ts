import { requireId } from '../../api/argument-rules.js';
import { authorise } from '../../api/authorise.js';
import type { RequestContext } from '../../api/context.js';
import { type UserError, UserErrorCode, userError } from '../../api/user-error.js';
import type { Transaction } from '../../database/client.js';
import { recordAuditEvents } from '../audit/record-audit-event.js';
import { endWaitingSignatures, predictionsOfSignedCases } from '../case-identity/signed-cases.js';
import { lockPredictions, textOf } from './add-reviews.js';
import { loadReviews, loadReviewsOfPredictions, type ReviewRow } from './load-reviews.js';
import { MOST_REVIEWS } from './most-reviews.js';

/** What became of one review. */
export interface WithdrawnReview {
  reviewId: string;
  /** Null with errors. */
  predictionId: string | null;
  userErrors: UserError[];
}

const FIELD = ['input', 'reviewIds'];

/**
 * Takes back a user's reviews, in one transaction: they stay recorded and no longer count. Only the newest reviews of a prediction can be
 * withdrawn. One that cannot be withdrawn has user errors, and the others are withdrawn. A review that was withdrawn before has no errors, so
 * that a request can be sent again.
 *
 * User errors of one review: NOT_FOUND for a review that the user does not see; FORBIDDEN for one by another user; CONFLICT if it is not the
 * newest one of its prediction, or the case of the prediction is signed.
 * @returns the results in the order of the ids
 * @throws a user error INVALID for no review or more than {@link MOST_REVIEWS}, or what is not the id of a review
 */
export async function withdrawReviews(
  context: RequestContext,
  reviewIds: readonly string[],
): Promise<WithdrawnReview[]> {
  const viewer = authorise(context, 'review');
  if (reviewIds.length === 0 || reviewIds.length > MOST_REVIEWS) {
    const message = `Withdraw between 1 and ${MOST_REVIEWS} reviews in a request, not ${reviewIds.length}.`;
    throw userError(UserErrorCode.INVALID, message, FIELD);
  }
  for (const id of reviewIds) requireId('rev', id, FIELD);
  const found = await loadReviews(context.database, reviewIds, viewer);
  const problems = await context.database.$transaction((tx) =>
    withdraw(tx, context, viewer.id, [...found.values()]),
  );
  return reviewIds.map((reviewId, index) => {
    const problem = found.has(reviewId) ? problems.get(reviewId) : noSuchReview;
    return {
      reviewId,
      predictionId: problem ? null : (found.get(reviewId)?.predictionId ?? null),
      userErrors: problem ? [{ ...problem, field: [...FIELD, String(index)] }] : [],
    };
  });
}

/**
 * Withdraws one of the user's reviews, also if the prediction has newer ones by others: a reader must not learn from a refusal that somebody
 * else has reviewed the cell. Changes nothing if it was withdrawn before.
 * @throws a user error NOT_FOUND, FORBIDDEN for a review by another user, or CONFLICT if the case is signed
 */
export async function withdrawReview(
  tx: Transaction,
  context: RequestContext,
  userId: string,
  reviewId: string,
): Promise<void> {
  const review = await tx.review.findUnique({ where: { id: reviewId } });
  const problem = review
    ? (await withdraw(tx, context, userId, [review], { mustBeNewest: false })).get(reviewId)
    : noSuchReview;
  if (problem) throw userError(problem.code, problem.message);
}

type Problem = Pick<UserError, 'code' | 'message'>;

/** Withdraws those of the reviews that can be withdrawn, and returns what prevents it for the others, by their ids. */
async function withdraw(
  tx: Transaction,
  context: RequestContext,
  userId: string,
  reviews: readonly ReviewRow[],
  { mustBeNewest } = { mustBeNewest: true },
): Promise<Map<string, Problem>> {
  const locked = await lockPredictions(
    tx,
    reviews.map(({ predictionId }) => predictionId),
  );
  const counting = await loadReviewsOfPredictions(tx, [...locked]);
  const signed = await predictionsOfSignedCases(tx, [...locked]);
  const problems = new Map<string, Problem>();
  const toWithdraw: ReviewRow[] = [];
  for (const review of newestFirst(reviews)) {
    const ofPrediction = counting.get(review.predictionId) ?? [];
    const isWithdrawn = !ofPrediction.some(({ id }) => id === review.id);
    if (!locked.has(review.predictionId))
      problems.set(review.id, noSuchReview); // it was erased at this moment
    else if (review.reviewerId !== userId) problems.set(review.id, ofAnother);
    else if (isWithdrawn) continue;
    else if (mustBeNewest && ofPrediction.at(-1)?.id !== review.id) problems.set(review.id, notTheNewest);
    else if (signed.has(review.predictionId)) problems.set(review.id, ofSignedCase);
    else {
      toWithdraw.push(review);
      ofPrediction.splice(
        ofPrediction.findIndex(({ id }) => id === review.id),
        1,
      );
    }
  }
  if (toWithdraw.length === 0) return problems;
  const ofOpenCases = toWithdraw.map(({ predictionId }) => predictionId);
  await endWaitingSignatures(tx, ofOpenCases);
  await tx.$executeRaw`
    UPDATE "Review" SET "withdrawnAt" = transaction_timestamp() WHERE id = ANY(${toWithdraw.map(({ id }) => id)})`;
  await recordAuditEvents(
    tx,
    context,
    toWithdraw.map((review) => ({
      action: 'REVIEW_WITHDRAWN',
      entityId: review.predictionId,
      detail: `Review ${review.id}: ${textOf(review)}.`,
    })),
  );
  return problems;
}

function newestFirst(reviews: readonly ReviewRow[]): ReviewRow[] {
  return reviews.toSorted(
    (one, other) => other.createdAt.getTime() - one.createdAt.getTime() || (one.id < other.id ? 1 : -1),
  );
}

const noSuchReview: Problem = { code: UserErrorCode.NOT_FOUND, message: 'There is no such review.' };
const ofAnother: Problem = {
  code: UserErrorCode.FORBIDDEN,
  message: 'Somebody else gave this review, and only they can withdraw it. Add a review of your own.',
};
const notTheNewest: Problem = {
  code: UserErrorCode.CONFLICT,
  message: 'The prediction has a newer review, so this one can no longer be withdrawn. Add another review.',
};
const ofSignedCase: Problem = {
  code: UserErrorCode.CONFLICT,
  message: 'The case is signed, so its reviews can no longer be withdrawn. Add another review.',
};
