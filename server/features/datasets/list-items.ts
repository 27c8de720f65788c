import {
  type Connection,
  connectionOf,
  decodeCursor,
  encodeCursor,
  fromCursorOfKey,
  lowestFirst,
  type PageArguments,
  pageOf,
} from '../../api/connection.js';
import type { RequestContext } from '../../api/context.js';
import { badUserInput, notFound } from '../../api/errors.js';
import { NO_SITES } from '../../api/visible-sites.js';
import type { ItemRow } from './snapshot-items.js';
import { visibleItems } from './visible-items.js';

/** A page of those items of a snapshot that the user sees, in the order of their keys. With `label`, only items with this label. Throws NOT_FOUND if there is none. */
export async function listItems(
  { database, viewer }: RequestContext,
  snapshotId: string,
  pageArguments: PageArguments,
  label?: string | null,
): Promise<Connection<ItemRow>> {
  const page = pageOf(pageArguments);
  const where = { snapshotId, label: label ?? undefined, ...visibleItems(viewer ?? NO_SITES) };
  if (label != null && !(await database.datasetItem.findFirst({ where, select: { key: true } })))
    throw notFound(`No item of this snapshot has the label '${label}'.`);
  const [rows, totalCount] = await Promise.all([
    database.datasetItem.findMany({
      where: { ...where, key: fromCursorOfKey(page, keyOfCursor) },
      orderBy: { key: lowestFirst(page) },
      take: page.size + 1,
    }),
    database.datasetItem.count({ where }),
  ]);
  return connectionOf(page, rows, ({ key }) => encodeCursor([key]), totalCount);
}

/** The item key of a cursor. Throws BAD_USER_INPUT for an invalid cursor. */
export function keyOfCursor(cursor: string): string {
  const [key] = decodeCursor(cursor);
  // Text in Postgres cannot contain NUL.
  if (typeof key === 'string' && !key.includes('\0')) return key;
  throw badUserInput(`'${cursor}' is not a cursor of this list.`);
}
