import { authorise } from '../../../api/authorise.js';
import type { RequestContext } from '../../../api/context.js';
import { ofVisibleSites, type SiteLimits } from '../../../api/visible-sites.js';
import type { DatabaseOrTransaction } from '../../../database/client.js';
import type { Prisma } from '../../../database/generated/client.js';
import { isId } from '../../../database/ids.js';
import { hiddenKeys } from '../../datasets/snapshot-items.js';

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

/** The cells of a second look that the user sees, in their order. */
export async function cellsOfSecondLook(
  database: DatabaseOrTransaction,
  { id, datasetSnapshotId }: SecondLookRow,
  limits: SiteLimits,
): Promise<SecondLookCellRow[]> {
  if (datasetSnapshotId === null) {
    return database.secondLookCell.findMany({
      where: { secondLookId: id, prediction: ofVisibleSites(limits) },
      orderBy: { place: 'asc' },
      ...cellFields,
    });
  }
  const hidden = await hiddenKeys(database, datasetSnapshotId, limits);
  const cells = await database.secondLookCell.findMany({
    where: { secondLookId: id },
    orderBy: { place: 'asc' },
    ...cellFields,
  });
  return cells.filter(({ key }) => key !== null && !hidden.has(key));
}
