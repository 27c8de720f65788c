import { authorise } from '../../api/authorise.js';
import type { RequestContext } from '../../api/context.js';
import type { Database, Transaction } from '../../database/client.js';
import { predictionsOfSignedCases } from '../case-identity/signed-cases.js';
import { hasReviewedWithAnswer } from '../reviews/has-reviewed-with-answer.js';
import { reviewPrediction } from '../reviews/review-prediction.js';
import { withdrawReview } from '../reviews/withdraw-reviews.js';
import { findCellToDecideOn, keepOpen, noSuchCell } from './find-cell-to-decide-on.js';
import type { ReadingCellRow } from './load-readings.js';
import type { DecideOnCellInput } from './types.js';

/**
 * Records what a reader decides about a cell of their reading, as a review with the origin of the reading. A reader can decide again while
 * the reading is open: the review of the earlier decision is withdrawn, so that taking back the decision leaves none. The review is blind if the reading is, unless the reader has seen the answer elsewhere: see {@link hasSeenAnswer}.
 * User errors: NOT_FOUND; INVALID for a label that is not one of the cell's, or a cell type of what is not a cell; CONFLICT for a finished
 * reading.
 */
export async function decideOnCell(
  context: RequestContext,
  { readingId, place, verdict, label, cellType, comment }: DecideOnCellInput,
): Promise<void> {
  const viewer = authorise(context, 'review');
  const { reading, cell } = await findCellToDecideOn(context, viewer, { readingId, place });
  const { predictionId } = cell;
  const review = {
    ...{ predictionId, verdict, label: label ?? '', cellType, comment, origin: reading.origin },
    blind: reading.blind && !(await hasSeenAnswer(context.database, cell, viewer.id)),
  };
  await reviewPrediction(context, review, async (tx) => {
    await keepOpen(tx, readingId);
    await withdrawEarlierDecision(tx, context, viewer.id, cell);
    const decided = await tx.$executeRaw`
      UPDATE "ReadingCell" SET "reviewId" = (
        SELECT id FROM "Review" WHERE "predictionId" = ${predictionId} AND "reviewerId" = ${viewer.id} AND "withdrawnAt" IS NULL
        ORDER BY "createdAt" DESC, id DESC LIMIT 1)
      WHERE "readingId" = ${readingId} AND place = ${place}`;
    if (decided === 0) throw noSuchCell();
  });
}

/** Withdraws the review of the decision that a new one replaces. In a signed case it stays, as all reviews do. */
async function withdrawEarlierDecision(
  tx: Transaction,
  context: RequestContext,
  readerId: string,
  { readingId, place, predictionId }: ReadingCellRow,
): Promise<void> {
  // Read again, because the prediction is locked only now.
  const decided = await tx.readingCell.findUnique({ where: { readingId_place: { readingId, place } } });
  if (!decided?.reviewId) return;
  const signed = await predictionsOfSignedCases(tx, [predictionId]);
  if (!signed.has(predictionId)) await withdrawReview(tx, context, readerId, decided.reviewId);
}

/**
 * Whether the reader is known to have seen the answer of a cell: it was read while this reading was open, the reader has a review that is
 * not blind, or another reading of theirs has shown it.
 */
async function hasSeenAnswer(
  database: Database,
  { readingId, predictionId, answerSeenAt }: ReadingCellRow,
  readerId: string,
): Promise<boolean> {
  if (answerSeenAt !== null) return true;
  if (await hasReviewedWithAnswer(database, predictionId, readerId)) return true;
  const shown = await database.readingCell.findFirst({
    where: {
      predictionId,
      reading: { id: { not: readingId }, readerId, OR: [{ blind: false }, { finishedAt: { not: null } }] },
    },
    select: { place: true },
  });
  return shown !== null;
}
