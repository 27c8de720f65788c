import { authorise } from '../../../api/authorise.js';
import { rowsByKey } from '../../../api/batched.js';
import type { RequestContext } from '../../../api/context.js';
import { ofVisibleSites, type SiteLimits } from '../../../api/visible-sites.js';
import type { Database } from '../../../database/client.js';
import type { Prisma } from '../../../database/generated/client.js';
import { isId } from '../../../database/ids.js';
import { visibleItems } from '../../datasets/visible-items.js';

export type SecondLookRow = Prisma.SecondLookGetPayload<object>;
const cellFields = { include: { item: { select: { imageSha256: true } } } } as const;
export type SecondLookCellRow = Prisma.SecondLookCellGetPayload<typeof cellFields>;

/** The newest second looks of a version that are listed. */
const LISTED = 20;

/** A second look by id, for users who see images; null if there is none. */
export async function findSecondLook(context: RequestContext, id: string): Promise<SecondLookRow | null> {
  authorise(context, 'see images');
  return isId('look', id) ? context.database.secondLook.findUnique({ where: { id } }) : null;
}

/** The newest 20 second looks of a version, newest first. */
export async function listSecondLooks(
  context: RequestContext,
  modelVersionId: string,
): Promise<SecondLookRow[]> {
  authorise(context, 'see images');
  return context.database.secondLook.findMany({
    where: { modelVersionId },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    take: LISTED,
  });
}

/** The cells of these second looks that the user sees, in their order, for `batched(context, loadCellsOfSecondLooks)`. */
export async function loadCellsOfSecondLooks(
  database: Database,
  ids: readonly string[],
  limits: SiteLimits,
): Promise<Map<string, SecondLookCellRow[]>> {
  const cells = await database.secondLookCell.findMany({
    where: {
      secondLookId: { in: [...ids] },
      OR: [
        { predictionId: { not: null }, prediction: ofVisibleSites(limits) },
        { key: { not: null }, item: visibleItems(limits) },
      ],
    },
    orderBy: [{ secondLookId: 'asc' }, { place: 'asc' }],
    ...cellFields,
  });
  return rowsByKey(cells, ({ secondLookId }) => secondLookId);
}
