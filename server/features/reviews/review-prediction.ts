import { authorise } from '../../api/authorise.js';
import type { RequestContext } from '../../api/context.js';
import { plainText } from '../../api/plain-text.js';
import { UserErrorCode, userError } from '../../api/user-error.js';
import { isId, newId } from '../../database/ids.js';
import { recordAuditEvent } from '../audit/record-audit-event.js';
import type { ReviewPredictionInput } from './types.js';

const LONGEST_COMMENT = 2000;

/**
 * Appends a person's word to a prediction; a later review overrules, and does not remove, an earlier one.
 * Returns the id of the prediction.
 */
export async function reviewPrediction(
  context: RequestContext,
  input: ReviewPredictionInput,
): Promise<{ predictionId: string }> {
  const viewer = authorise(context, 'review');
  const prediction = await findReviewed(context, input.predictionId);
  const { classes } = prediction.modelVersion;
  if (!classes.includes(input.label)) {
    throw userError(
      UserErrorCode.INVALID,
      `'${input.label}' is not a class of the version that answered: it is one of ${classes.join(', ')}.`,
      ['input', 'label'],
    );
  }
  const comment = validComment(input.comment ?? null);

  await context.database.$transaction(async (tx) => {
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
      detail: `The model said ${prediction.label}, the reviewer ${input.label}.`,
    });
  });
  return { predictionId: prediction.id };
}

async function findReviewed({ database }: RequestContext, id: string) {
  const prediction = isId('pred', id)
    ? await database.prediction.findUnique({
        where: { id },
        select: { id: true, label: true, modelVersion: { select: { classes: true } } },
      })
    : null;
  if (prediction) return prediction;
  throw userError(UserErrorCode.NOT_FOUND, 'There is no such prediction.', ['input', 'predictionId']);
}

function validComment(comment: string | null): string | null {
  const trimmed = comment?.trim() || null;
  if (trimmed === null) return null;
  const field = ['input', 'comment'];
  if (trimmed.length > LONGEST_COMMENT) {
    throw userError(
      UserErrorCode.INVALID,
      `A comment has at most ${LONGEST_COMMENT} characters; this one has ${trimmed.length}.`,
      field,
    );
  }
  return plainText(trimmed, 'A comment', field);
}
