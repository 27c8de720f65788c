import { authorise } from '../../api/authorise.js';
import { batched } from '../../api/batched.js';
import type { RequestContext } from '../../api/context.js';
import { ofVisibleSites, type SiteLimits } from '../../api/visible-sites.js';
import type { DatabaseOrTransaction } from '../../database/client.js';
import type { Prisma } from '../../database/generated/client.js';
import { isId } from '../../database/ids.js';

/** A prediction without its evidence map, which has its own URL. */
export type PredictionRow = Prisma.PredictionGetPayload<{ omit: { evidence: true } }>;

/** The predictions with these ids, of the sites that the user sees. */
export async function loadPredictions(
  database: DatabaseOrTransaction,
  ids: readonly string[],
  limits: SiteLimits,
): Promise<Map<string, PredictionRow>> {
  const rows = await database.prediction.findMany({
    where: { id: { in: [...ids] }, ...ofVisibleSites(limits) },
    omit: { evidence: true },
  });
  return new Map(rows.map((row) => [row.id, row]));
}

/** A prediction by id, for users who may read predictions; null if there is none. */
export async function findPrediction(context: RequestContext, id: string): Promise<PredictionRow | null> {
  authorise(context, 'read predictions');
  return isId('pred', id) ? batched(context, loadPredictions).load(id) : null;
}
