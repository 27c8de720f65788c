import { authorise } from '../../api/authorise.js';
import type { RequestContext, Viewer } from '../../api/context.js';
import { UserErrorCode, userError } from '../../api/user-error.js';
import { validComment } from '../../api/valid-comment.js';
import { ofVisibleSites } from '../../api/visible-sites.js';
import type { Database, Transaction } from '../../database/client.js';
import { isId, newId } from '../../database/ids.js';
import { recordAuditEvent } from '../audit/record-audit-event.js';
import type { ReviewRow } from './load-reviews.js';
import type { ReviewPredictionInput } from './types.js';

type ReviewContent = Pick<ReviewRow, 'verdict' | 'label' | 'cellType' | 'comment' | 'blind' | 'origin'>;

/**
 * Adds a user's review to a prediction. The newest label counts; earlier reviews are kept. A verdict other than LABEL has the model's
 * label, because `Review.label` is never null, and does not count as a label. A review that only repeats the newest review of the
 * prediction, by the same user, is not added, so that a request can be sent again. Returns the id of the prediction, and whether the
 * review was added.
 * @throws the user error NOT_FOUND for a prediction that the user does not see, or INVALID for a label that is not a class of the
 * version, for a cell type of what is not a cell, and for a comment that is too long or has control characters
 * @param alsoRecord what is recorded in the same transaction, with a review that is always added
 */
export async function reviewPrediction(
  context: RequestContext,
  input: ReviewPredictionInput,
  alsoRecord?: (tx: Transaction) => Promise<void>,
): Promise<{ predictionId: string; added: boolean }> {
  const viewer = authorise(context, 'review');
  const prediction = await findPredictionToReview(context.database, viewer, input.predictionId);
  const verdict = input.verdict ?? 'LABEL';
  if (verdict === 'LABEL') requireClass(input.label, prediction.modelVersion.classes);
  const review: ReviewContent = {
    verdict,
    label: verdict === 'LABEL' ? input.label : prediction.label,
    cellType: input.cellType ?? null,
    comment: validComment(input.comment ?? null),
    blind: input.blind ?? false,
    origin: input.origin ?? 'CORRECTION',
  };
  if (verdict === 'NOT_A_CELL' && review.cellType !== null) {
    throw userError(
      UserErrorCode.INVALID,
      'What is not a cell has no cell type. Leave out the cell type, or choose another verdict.',
      ['input', 'cellType'],
    );
  }

  const added = await context.database.$transaction(async (tx) => {
    const locked = await tx.$queryRaw<unknown[]>`
      SELECT FROM "Prediction" WHERE id = ${prediction.id} FOR NO KEY UPDATE`; // one review after the other
    if (locked.length === 0) throw noSuchPrediction(); // it was erased at this moment
    if (!alsoRecord && repeats(review, await newestOwnReview(tx, prediction.id, viewer.id))) return false;
    await tx.review.create({
      data: {
        id: newId('rev'),
        predictionId: prediction.id,
        reviewerId: viewer.id,
        agreesWithModel: verdict === 'LABEL' && review.label === prediction.label,
        ...review,
      },
    });
    await alsoRecord?.(tx);
    await recordAuditEvent(tx, context, {
      action: 'PREDICTION_REVIEWED',
      entityId: prediction.id,
      detail: `Model: ${prediction.label}. Reviewer: ${textOf(review)}.`,
    });
    return true;
  });
  return { predictionId: prediction.id, added };
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

/** The newest review of the prediction. Null if it is by another user: to repeat an earlier review then makes its label count again. */
async function newestOwnReview(tx: Transaction, predictionId: string, userId: string) {
  const newest = await tx.review.findFirst({
    where: { predictionId },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
  });
  return newest?.reviewerId === userId ? newest : null;
}

/** Whether the review says nothing that the newest one does not say. Without a comment, it does not change the comment. */
function repeats(review: ReviewContent, newest: ReviewContent | null): boolean {
  return (
    newest !== null &&
    review.verdict === newest.verdict &&
    review.label === newest.label &&
    review.cellType === newest.cellType &&
    (review.comment === null || review.comment === newest.comment) &&
    review.blind === newest.blind &&
    review.origin === newest.origin
  );
}

function requireClass(label: string, classes: readonly string[]): void {
  if (classes.includes(label)) return;
  throw userError(
    UserErrorCode.INVALID,
    `'${label}' is not a class of the model version. Its classes are ${classes.join(', ')}.`,
    ['input', 'label'],
  );
}

/** A review for the audit trail, without its comment, which may name a patient. */
function textOf({ verdict, label, cellType, blind, origin }: ReviewContent): string {
  return [
    verdict === 'LABEL' ? label : verdict,
    ...(cellType === null ? [] : [`cell type ${cellType}`]),
    `origin ${origin}`,
    ...(blind ? ['blind'] : []),
  ].join(', ');
}

function noSuchPrediction() {
  return userError(UserErrorCode.NOT_FOUND, 'There is no such prediction.', ['input', 'predictionId']);
}
