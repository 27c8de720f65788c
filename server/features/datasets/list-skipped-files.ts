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
import type { SkipReason } from '../../database/generated/enums.js';
import { keyOfCursor } from './list-items.js';

/** A skipped file of a source, and the reason. */
export interface SkippedFileRow {
  file: string;
  reason: SkipReason;
  detail: string;
}

/** A page of a snapshot's skipped files, except those that are only counted, in the order of their keys. */
export async function listSkippedFiles(
  { database }: RequestContext,
  snapshotId: string,
  pageArguments: PageArguments,
): Promise<Connection<SkippedFileRow>> {
  const page = pageOf(pageArguments);
  const rows = await database.skippedFile.findMany({
    where: { snapshotId, key: fromCursorOfKey(page, keyOfCursor) },
    orderBy: { key: lowestFirst(page) },
    take: page.size + 1,
  });
  const totalCount = await database.skippedFile.count({ where: { snapshotId } });
  const files = rows.map(({ key, reason, detail }) => ({ file: key, reason, detail }));
  return connectionOf(page, files, ({ file }) => encodeCursor([file]), totalCount);
}
