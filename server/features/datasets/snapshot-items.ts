import { type SiteLimits, visibleSites } from '../../api/visible-sites.js';
import type { DatabaseOrTransaction } from '../../database/client.js';
import { visibleItems } from './visible-items.js';

/** One labelled image of a snapshot. */
export interface SnapshotItem {
  /** Path below the snapshot's source. */
  key: string;
  label: string;
  /** Patient or slide, the unit of splitting and of bootstrap; null if unknown. */
  group: string | null;
  /** 'train', 'validation' or 'test'; null if the training run chooses the split. */
  split: string | null;
  imageSha256: string;
}

/** An item as the API shows it. */
export interface ItemRow extends SnapshotItem {
  snapshotId: string;
}

const PAGE = 5000;

/** All items of a snapshot in the order of their keys (by code point), read page by page. */
export async function* snapshotItems(
  database: DatabaseOrTransaction,
  snapshotId: string,
): AsyncGenerator<SnapshotItem> {
  let after = '';
  for (;;) {
    const items = await database.datasetItem.findMany({
      where: { snapshotId, key: { gt: after } },
      orderBy: { key: 'asc' },
      take: PAGE,
      select: { key: true, label: true, group: true, split: true, imageSha256: true },
    });
    yield* items;
    const last = items.at(-1);
    if (!last || items.length < PAGE) return;
    after = last.key;
  }
}

/** The keys of the items of a snapshot that were cut out of a field, in a snapshot of reviews or one that is its base. */
export async function cutOutKeys(
  database: DatabaseOrTransaction,
  snapshotId: string,
): Promise<ReadonlySet<string>> {
  const items = await database.$queryRaw<{ key: string }[]>`
    SELECT item.key FROM "DatasetItem" item JOIN "Prediction" prediction ON prediction.id = item.key
    WHERE item."snapshotId" = ${snapshotId} AND prediction.region <> '{}'`;
  return new Set(items.map(({ key }) => key));
}

/** The keys of the items of a snapshot that the user does not see. */
export async function hiddenKeys(
  database: DatabaseOrTransaction,
  snapshotId: string,
  limits: SiteLimits,
): Promise<Set<string>> {
  if (visibleSites(limits) === null) return new Set();
  const items = await database.datasetItem.findMany({
    where: { snapshotId, NOT: visibleItems(limits) },
    select: { key: true },
  });
  return new Set(items.map(({ key }) => key));
}

/** The items of a snapshot with these keys that the user sees, by key. */
export async function itemsOfKeys(
  database: DatabaseOrTransaction,
  snapshotId: string,
  keys: readonly string[],
  limits: SiteLimits,
): Promise<Map<string, ItemRow>> {
  const items = await database.datasetItem.findMany({
    where: { snapshotId, key: { in: [...keys] }, ...visibleItems(limits) },
    select: { snapshotId: true, key: true, label: true, group: true, split: true, imageSha256: true },
  });
  return new Map(items.map((item) => [item.key, item]));
}
