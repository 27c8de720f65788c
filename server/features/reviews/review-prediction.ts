import { authorise } from '../../api/authorise.js';
import type { RequestContext } from '../../api/context.js';
import { UserErrorException } from '../../api/user-error.js';
import { type AddedReview, addReviews, type Adding } from './add-reviews.js';
import type { ReviewPredictionInput } from './types.js';

/**
 * Adds a user's review to a prediction, by the rules of {@link addReviews}. The newest label counts; earlier reviews are kept.
 * @throws the user errors of {@link addReviews}
 * @param alsoRecord what is recorded in the same transaction, with a review that is always added
 */
export async function reviewPrediction(
  context: RequestContext,
  input: ReviewPredictionInput,
  alsoRecord?: Adding['alsoRecord'],
): Promise<AddedReview> {
  const viewer = authorise(context, 'review');
  const [result] = await addReviews(context, viewer, [input], { alsoRecord });
  if (!result) throw new Error('The review has no result.');
  if (result.userErrors.length > 0) {
    throw new UserErrorException(
      result.userErrors.map(({ code, message, field }) => ({
        code,
        message,
        field: ['input', ...(field ?? [])],
      })),
    );
  }
  return result;
}
