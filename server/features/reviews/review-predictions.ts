import { authorise } from '../../api/authorise.js';
import type { RequestContext } from '../../api/context.js';
import { UserErrorCode, userError } from '../../api/user-error.js';
import { type AddedReview, addReviews } from './add-reviews.js';
import { MOST_REVIEWS } from './most-reviews.js';
import type { ReviewPredictionsInput } from './types.js';

const FIELD = ['input', 'reviews'];

/**
 * Adds a user's reviews of several predictions, each with its own result, by the rules of {@link addReviews}.
 * @throws a user error INVALID for no review or more than {@link MOST_REVIEWS}, two reviews of one prediction, or an invalid request id;
 * CONFLICT if the request id was used for other reviews
 */
export async function reviewPredictions(
  context: RequestContext,
  { reviews, clientRequestId }: ReviewPredictionsInput,
): Promise<AddedReview[]> {
  const viewer = authorise(context, 'review');
  if (reviews.length === 0 || reviews.length > MOST_REVIEWS) {
    const message = `Send between 1 and ${MOST_REVIEWS} reviews in a request, not ${reviews.length}.`;
    throw userError(UserErrorCode.INVALID, message, FIELD);
  }
  if (new Set(reviews.map(({ predictionId }) => predictionId)).size < reviews.length)
    throw userError(UserErrorCode.INVALID, 'Send only one review of each prediction.', FIELD);
  const results = await addReviews(context, viewer, reviews, { clientRequestId });
  return results.map(({ userErrors, ...result }, index) => ({
    ...result,
    userErrors: userErrors.map(({ code, message, field }) => ({
      ...{ code, message },
      field: [...FIELD, String(index), ...(field ?? [])],
    })),
  }));
}
