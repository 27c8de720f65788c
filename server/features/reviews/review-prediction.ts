import { authorise } from '../../api/authorise.js';
import type { RequestContext, Viewer } from '../../api/context.js';
import { plainText } from '../../api/plain-text.js';
import { UserErrorCode, userError } from '../../api/user-error.js';
import { ofVisibleSites } from '../../api/visible-sites.js';
import type { Database } from '../../database/client.js';
import { isId, newId } from '../../database/ids.js';
import { recordAuditEvent } from '../audit/record-audit-event.js';
import type { ReviewPredictionInput } from './types.js';

const MAX_COMMENT_LENGTH = 2000;

/**
 * Adds a user's review to a prediction. The newest review counts; earlier ones are kept. Returns the id of the prediction.
 */
export async function reviewPrediction(
  context: RequestContext,
  input: ReviewPredictionInput,
): Promise<{ predictionId: string }> {
  const viewer = authorise(context, 'review');
  const prediction = await findPredictionToReview(context.database, viewer, input.predictionId);
  const { classes } = prediction.modelVersion;
  if (!classes.includes(input.label)) {
    throw userError(
      UserErrorCode.INVALID,
      `'${input.label}' is not a class of the model version. Its classes are ${classes.join(', ')}.`,
      ['input', 'label'],
    );
  }
  const comment = validComment(input.comment ?? null);

  await context.database.$transaction(async (tx) => {
    const locked = await tx.$queryRaw<unknown[]>`
      SELECT FROM "Prediction" WHERE id = ${prediction.id} FOR KEY SHARE`;
    if (locked.length === 0) throw noSuchPrediction(); // it was erased at this moment
    await tx.review.create({
      data: {
        id: newId('rev'),
        predictionId: prediction.id,
        reviewerId: viewer.id,
        label: input.label,
        comment,
        agreesWithModel: input.label === prediction.label,
      },
    });
    await recordAuditEvent(tx, context, {
      action: 'PREDICTION_REVIEWED',
      entityId: prediction.id,
      detail: `Model: ${prediction.label}. Reviewer: ${input.label}.`,
    });
  });
  return { predictionId: prediction.id };
}

async function findPredictionToReview(database: Database, viewer: Viewer, id: string) {
  const prediction = isId('pred', id)
    ? await database.prediction.findFirst({
        where: { id, ...ofVisibleSites(viewer) },
        select: { id: true, label: true, modelVersion: { select: { classes: true } } },
      })
    : null;
  if (prediction) return prediction;
  throw noSuchPrediction();
}

function noSuchPrediction() {
  return userError(UserErrorCode.NOT_FOUND, 'There is no such prediction.', ['input', 'predictionId']);
}

function validComment(comment: string | null): string | null {
  const trimmed = comment?.trim() || null;
  if (trimmed === null) return null;
  const field = ['input', 'comment'];
  if (trimmed.length > MAX_COMMENT_LENGTH) {
    throw userError(
      UserErrorCode.INVALID,
      `A comment has at most ${MAX_COMMENT_LENGTH} characters; this one has ${trimmed.length}.`,
      field,
    );
  }
  return plainText(trimmed, 'A comment', field);
}
