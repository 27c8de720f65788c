import { rowsByKey } from '../../api/batched.js';
import type { LabelCount } from '../../api/label-count.js';
import type { SiteLimits } from '../../api/visible-sites.js';
import type { Database, DatabaseOrTransaction } from '../../database/client.js';
import type { Prisma } from '../../database/generated/client.js';
import type { ItemRow } from './snapshot-items.js';
import { visibleItems } from './visible-items.js';

// Loaders for `batched(context, …)`, for pages of snapshots, runs and versions.

export type SnapshotRow = Prisma.DatasetSnapshotGetPayload<object>;

export type FindingRow = Prisma.ValidationFindingGetPayload<object>;

export async function loadSnapshots(
  database: Database,
  ids: readonly string[],
): Promise<Map<string, SnapshotRow>> {
  const rows = await database.datasetSnapshot.findMany({ where: { id: { in: [...ids] } } });
  return new Map(rows.map((row) => [row.id, row]));
}

/** The number of items of each label, by snapshot; labels in alphabetical order. */
export async function loadLabelCounts(
  database: DatabaseOrTransaction,
  snapshotIds: readonly string[],
): Promise<Map<string, LabelCount[]>> {
  const rows = await database.datasetItem.groupBy({
    by: ['snapshotId', 'label'],
    where: { snapshotId: { in: [...snapshotIds] } },
    orderBy: [{ snapshotId: 'asc' }, { label: 'asc' }],
    _count: true,
  });
  return rowsByKey(
    rows.map(({ _count: count, ...row }) => ({ ...row, count })),
    ({ snapshotId }) => snapshotId,
  );
}

/** The number of items that come from reviewed predictions, by snapshot. Snapshots without such items are left out. */
export async function loadReviewedItemCounts(
  database: DatabaseOrTransaction,
  snapshotIds: readonly string[],
): Promise<Map<string, number>> {
  const rows = await database.datasetItem.groupBy({
    by: ['snapshotId'],
    where: { snapshotId: { in: [...snapshotIds] }, reviews: { some: {} } },
    _count: true,
  });
  return new Map(rows.map(({ snapshotId, _count: count }) => [snapshotId, count]));
}

/** The validation findings of these snapshots, by snapshot; errors first. */
export async function loadFindings(
  database: DatabaseOrTransaction,
  snapshotIds: readonly string[],
): Promise<Map<string, FindingRow[]>> {
  const rows = await database.validationFinding.findMany({
    where: { snapshotId: { in: [...snapshotIds] } },
    orderBy: [{ severity: 'asc' }, { id: 'asc' }], // the enum's order in Postgres is ERROR, WARNING, INFO
  });
  return rowsByKey(rows, ({ snapshotId }) => snapshotId);
}

/** The example items of each of these findings that the user sees, in the order of its example keys. */
export async function loadExampleItems(
  database: Database,
  findingIds: readonly string[],
  limits: SiteLimits,
): Promise<Map<string, ItemRow[]>> {
  const findings = await database.validationFinding.findMany({
    where: { id: { in: [...findingIds] } },
    select: { id: true, snapshotId: true, exampleKeys: true },
  });
  const items = await database.datasetItem.findMany({
    where: {
      OR: findings.map(({ snapshotId, exampleKeys }) => ({ snapshotId, key: { in: exampleKeys } })),
      ...visibleItems(limits),
    },
  });
  const itemOf = new Map(items.map((item) => [`${item.snapshotId} ${item.key}`, item]));
  return new Map(
    findings.map(({ id, snapshotId, exampleKeys }) => [
      id,
      exampleKeys.flatMap((key) => itemOf.get(`${snapshotId} ${key}`) ?? []),
    ]),
  );
}
