import { authorise } from '../../api/authorise.js';
import { batched } from '../../api/batched.js';
import {
  type Connection,
  connectionOf,
  cursorOfTime,
  fromCursorOfTime,
  newestFirst,
  type PageArguments,
  pageOf,
} from '../../api/connection.js';
import type { RequestContext } from '../../api/context.js';
import { UserErrorCode, userError } from '../../api/user-error.js';
import { ofVisibleSites, type SiteLimits } from '../../api/visible-sites.js';
import { loadBulkIdsOfPredictions } from '../bulk-items/load-bulk-ids.js';
import type { Database } from '../../database/client.js';
import type { BulkClassification } from '../../database/generated/client.js';
import { isId } from '../../database/ids.js';

export type BulkClassificationRow = BulkClassification;

/** The bulk classifications with these ids, of the sites that the user sees. */
export async function loadBulkClassifications(
  database: Database,
  ids: readonly string[],
  limits: SiteLimits,
): Promise<Map<string, BulkClassificationRow>> {
  const rows = await database.bulkClassification.findMany({
    where: { id: { in: [...ids] }, ...ofVisibleSites(limits) },
  });
  return new Map(rows.map((row) => [row.id, row]));
}

/** The bulk classification that made each prediction, of the sites that the user sees. */
export async function loadBulkClassificationsOfPredictions(
  database: Database,
  predictionIds: readonly string[],
  limits: SiteLimits,
): Promise<Map<string, BulkClassificationRow>> {
  const ids = await loadBulkIdsOfPredictions(database, predictionIds);
  if (ids.size === 0) return new Map();
  const bulks = await loadBulkClassifications(database, [...new Set(ids.values())], limits);
  return new Map(
    [...ids].flatMap(([predictionId, bulkId]) => {
      const bulk = bulks.get(bulkId);
      return bulk ? [[predictionId, bulk] as const] : [];
    }),
  );
}

/** A bulk classification by id, for users who may read predictions; null if there is none. */
export async function findBulkClassification(
  context: RequestContext,
  id: string,
): Promise<BulkClassificationRow | null> {
  authorise(context, 'read predictions');
  return isId('bulk', id) ? batched(context, loadBulkClassifications).load(id) : null;
}

/** The bulk classification that an operation changes, which authorises the user. Throws the user error NOT_FOUND if there is none. */
export async function requireBulkClassification(
  context: RequestContext,
  id: string,
): Promise<BulkClassificationRow> {
  const bulk = isId('bulk', id) ? await batched(context, loadBulkClassifications).load(id) : null;
  if (bulk) return bulk;
  throw userError(UserErrorCode.NOT_FOUND, 'There is no such bulk classification.', ['id']);
}

/** A page of bulk classifications, newest first. */
export async function listBulkClassifications(
  context: RequestContext,
  pageArguments: PageArguments,
): Promise<Connection<BulkClassificationRow>> {
  const viewer = authorise(context, 'read predictions');
  const page = pageOf(pageArguments);
  const where = ofVisibleSites(viewer);
  const [rows, totalCount] = await Promise.all([
    context.database.bulkClassification.findMany({
      where: { AND: [where, fromCursorOfTime('bulk', page)] },
      orderBy: newestFirst(page),
      take: page.size + 1,
    }),
    context.database.bulkClassification.count({ where }),
  ]);
  return connectionOf(page, rows, cursorOfTime, totalCount);
}
