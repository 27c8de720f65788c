import { authorise } from '../../api/authorise.js';
import {
  type Connection,
  connectionOf,
  decodeCursor,
  encodeCursor,
  type PageArguments,
  pageOf,
} from '../../api/connection.js';
import type { RequestContext } from '../../api/context.js';
import { badUserInput } from '../../api/errors.js';
import { isId } from '../../database/ids.js';
import type { SnapshotRow } from './load-snapshots.js';

/** A page of snapshots, newest first; of one name, where it is given. */
export async function listSnapshots(
  context: RequestContext,
  { name, ...pageArguments }: PageArguments & { name?: string | null },
): Promise<Connection<SnapshotRow>> {
  authorise(context, 'read datasets');
  const page = pageOf(pageArguments);
  const where = { name: name ?? undefined };
  const [rows, totalCount] = await Promise.all([
    context.database.datasetSnapshot.findMany({
      where: { ...where, id: page.cursor === null ? undefined : { lt: idOf(page.cursor) } },
      orderBy: { id: 'desc' },
      take: page.size + 1,
    }),
    context.database.datasetSnapshot.count({ where }),
  ]);
  return connectionOf(page, rows, ({ id }) => encodeCursor([id]), totalCount);
}

function idOf(cursor: string): string {
  const [id] = decodeCursor(cursor);
  if (typeof id === 'string' && isId('snap', id)) return id;
  throw badUserInput(`'${cursor}' is not a cursor of this list.`);
}
