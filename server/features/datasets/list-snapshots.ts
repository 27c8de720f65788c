import { authorise } from '../../api/authorise.js';
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
import { notFound } from '../../api/errors.js';
import type { SnapshotRow } from './load-snapshots.js';

/** A page of snapshots, newest first. With `name`, only snapshots with this name. Throws NOT_FOUND if there is none. */
export async function listSnapshots(
  context: RequestContext,
  pageArguments: PageArguments,
  name?: string | null,
): Promise<Connection<SnapshotRow>> {
  authorise(context, 'read datasets');
  const page = pageOf(pageArguments);
  if (
    name != null &&
    !(await context.database.datasetSnapshot.findFirst({ where: { name }, select: { id: true } }))
  )
    throw notFound(`There is no dataset '${name}'.`);
  const where = { name: name ?? undefined };
  const [rows, totalCount] = await Promise.all([
    context.database.datasetSnapshot.findMany({
      where: { ...where, ...fromCursorOfTime('snap', page) },
      orderBy: newestFirst(page),
      take: page.size + 1,
    }),
    context.database.datasetSnapshot.count({ where }),
  ]);
  return connectionOf(page, rows, cursorOfTime, totalCount);
}
