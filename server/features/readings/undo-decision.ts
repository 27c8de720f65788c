import { authorise } from '../../api/authorise.js';
import type { RequestContext } from '../../api/context.js';
import { withdrawReview } from '../reviews/withdraw-reviews.js';
import { findCellToDecideOn, keepOpen } from './find-cell-to-decide-on.js';
import type { UndoDecisionInput } from './types.js';

/**
 * Takes back what the reader decided about a cell of an open reading: the review is withdrawn, and the cell is not decided. Changes nothing
 * if it was not decided. User errors: NOT_FOUND; CONFLICT for a finished reading, or a signed case.
 */
export async function undoDecision(context: RequestContext, input: UndoDecisionInput): Promise<void> {
  const viewer = authorise(context, 'review');
  const { cell } = await findCellToDecideOn(context, viewer, input);
  const { readingId, reviewId } = cell;
  if (reviewId === null) return;
  await context.database.$transaction(async (tx) => {
    await withdrawReview(tx, context, viewer.id, reviewId); // a trigger takes back the decision
    await keepOpen(tx, readingId);
  });
}
