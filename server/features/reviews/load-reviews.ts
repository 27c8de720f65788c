import { authorise } from '../../api/authorise.js';
import { batched, rowsByKey } from '../../api/batched.js';
import type { RequestContext } from '../../api/context.js';
import type { Database } from '../../database/client.js';
import type { Prisma } from '../../database/generated/client.js';
import { isId } from '../../database/ids.js';

export type ReviewRow = Prisma.ReviewGetPayload<object>;

/** The reviews of each prediction, oldest first: the last one's label is the prediction's final label. */
export async function loadReviewsOfPredictions(
  database: Database,
  predictionIds: readonly string[],
): Promise<Map<string, ReviewRow[]>> {
  const rows = await database.review.findMany({
    where: { predictionId: { in: [...predictionIds] } },
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }], // the database's clock: servers' clocks, and so ids, differ
  });
  return rowsByKey(rows, (review) => review.predictionId);
}

async function loadReviews(database: Database, ids: readonly string[]): Promise<Map<string, ReviewRow>> {
  const rows = await database.review.findMany({ where: { id: { in: [...ids] } } });
  return new Map(rows.map((row) => [row.id, row]));
}

/** A review by id, for those who may read predictions; null for what is not there. */
export async function findReview(context: RequestContext, id: string): Promise<ReviewRow | null> {
  authorise(context, 'read predictions');
  return isId('rev', id) ? batched(context, loadReviews).load(id) : null;
}
