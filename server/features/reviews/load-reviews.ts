import { authorise } from '../../api/authorise.js';
import { batched, rowsByKey } from '../../api/batched.js';
import type { RequestContext } from '../../api/context.js';
import { ofVisibleSites, type SiteLimits } from '../../api/visible-sites.js';
import type { Database, DatabaseOrTransaction } from '../../database/client.js';
import type { Prisma } from '../../database/generated/client.js';
import { isId } from '../../database/ids.js';

export type ReviewRow = Prisma.ReviewGetPayload<object>;

/** The reviews of each prediction, which the caller must have found for the user, oldest first. Without those that were withdrawn. */
export async function loadReviewsOfPredictions(
  database: DatabaseOrTransaction,
  predictionIds: readonly string[],
): Promise<Map<string, ReviewRow[]>> {
  return findReviews(database, { predictionId: { in: [...predictionIds] }, withdrawnAt: null });
}

/** The same, with the reviews that were withdrawn. */
export async function loadEveryReviewOfPredictions(
  database: DatabaseOrTransaction,
  predictionIds: readonly string[],
): Promise<Map<string, ReviewRow[]>> {
  return findReviews(database, { predictionId: { in: [...predictionIds] } });
}

async function findReviews(database: DatabaseOrTransaction, where: Prisma.ReviewWhereInput) {
  const rows = await database.review.findMany({
    where,
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }], // by the database's clock, because ids have the clocks of different servers
  });
  return rowsByKey(rows, (review) => review.predictionId);
}

/** The reviews with these ids, those that were withdrawn too, of predictions of the sites that the user sees. */
export async function loadReviews(
  database: Database,
  ids: readonly string[],
  limits: SiteLimits,
): Promise<Map<string, ReviewRow>> {
  const rows = await database.review.findMany({
    where: { id: { in: [...ids] }, prediction: ofVisibleSites(limits) },
  });
  return new Map(rows.map((row) => [row.id, row]));
}

/** A review by id, for users who may read predictions; null if there is none. */
export async function findReview(context: RequestContext, id: string): Promise<ReviewRow | null> {
  authorise(context, 'read predictions');
  return isId('rev', id) ? batched(context, loadReviews).load(id) : null;
}
