import { authorise } from '../../api/authorise.js';
import { batched, rowsByKey } from '../../api/batched.js';
import type { RequestContext } from '../../api/context.js';
import type { Database } from '../../database/client.js';
import type { Prisma } from '../../database/generated/client.js';
import { isId } from '../../database/ids.js';

export type FitRow = Prisma.FitGetPayload<object>;

export async function loadFits(database: Database, ids: readonly string[]): Promise<Map<string, FitRow>> {
  const rows = await database.fit.findMany({ where: { id: { in: [...ids] } } });
  return new Map(rows.map((row) => [row.id, row]));
}

/** The fits of each version, newest first. */
export async function loadFitsOfVersions(
  database: Database,
  versionIds: readonly string[],
): Promise<Map<string, FitRow[]>> {
  const rows = await database.fit.findMany({
    where: { modelVersionId: { in: [...versionIds] } },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
  });
  return rowsByKey(rows, ({ modelVersionId }) => modelVersionId);
}

/** The fit that each version was made by. */
export async function loadFitsByFittedVersion(
  database: Database,
  versionIds: readonly string[],
): Promise<Map<string, FitRow>> {
  const rows = await database.fit.findMany({ where: { fittedVersionId: { in: [...versionIds] } } });
  return new Map(rows.flatMap((row) => (row.fittedVersionId === null ? [] : [[row.fittedVersionId, row]])));
}

/** A fit by id, for users who may read models; null if there is none. */
export async function findFit(context: RequestContext, id: string): Promise<FitRow | null> {
  authorise(context, 'read models');
  return isId('fit', id) ? batched(context, loadFits).load(id) : null;
}
