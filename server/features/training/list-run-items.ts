import {
  type Connection,
  connectionOf,
  encodeCursor,
  fromCursorOfKey,
  lowestFirst,
  type PageArguments,
  pageOf,
} from '../../api/connection.js';
import type { RequestContext } from '../../api/context.js';
import { badUserInput } from '../../api/errors.js';
import { NO_SITES } from '../../api/visible-sites.js';
import { keyOfCursor } from '../datasets/list-items.js';
import { itemsOfKeys, type ItemRow } from '../datasets/snapshot-items.js';
import type { TrainingRunRow } from './load-runs.js';

/** The names of splits. */
const SPLIT = /^(train|validation|test|fold [1-9][0-9]*)$/;

/** A page of the items that a run used, each with the split that the run put it in, in the order of their keys. */
export async function listRunItems(
  { database, viewer }: RequestContext,
  { id: trainingRunId, datasetSnapshotId }: TrainingRunRow,
  pageArguments: PageArguments,
  split?: string | null,
): Promise<Connection<ItemRow>> {
  const page = pageOf(pageArguments);
  const where = { trainingRunId, split: split ?? undefined };
  if (split != null && !SPLIT.test(split)) {
    throw badUserInput(
      `'split' must be 'train', 'validation', 'test' or a fold such as 'fold 2', not '${split}'.`,
    );
  }
  const [used, totalCount] = await Promise.all([
    database.trainingRunItem.findMany({
      where: { ...where, key: fromCursorOfKey(page, keyOfCursor) },
      orderBy: { key: lowestFirst(page) },
      take: page.size + 1,
    }),
    database.trainingRunItem.count({ where }),
  ]);
  const items = await itemsOfKeys(
    database,
    datasetSnapshotId,
    used.map(({ key }) => key),
    viewer ?? NO_SITES,
  );
  const rows = used.flatMap(({ key, split }) => {
    const item = items.get(key);
    return item ? [{ ...item, split }] : [];
  });
  return connectionOf(page, rows, ({ key }) => encodeCursor([key]), totalCount);
}
