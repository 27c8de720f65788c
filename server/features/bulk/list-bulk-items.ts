import {
  type Connection,
  connectionOf,
  decodeCursor,
  encodeCursor,
  idInCursor,
  type PageArguments,
  pageOf,
} from '../../api/connection.js';
import type { RequestContext } from '../../api/context.js';
import { badUserInput } from '../../api/errors.js';
import type { PredictionPage } from '../predictions/list-predictions.js';
import { loadPredictions } from '../predictions/load-predictions.js';
import type { BulkClassificationRow } from './load-bulk-classifications.js';

/** A page of the predictions of a bulk classification, oldest first. Whoever has it may read predictions. */
export async function listBulkPredictions(
  { database }: RequestContext,
  { id: bulkId, doneCount }: BulkClassificationRow,
  pageArguments: PageArguments,
): Promise<PredictionPage> {
  const page = pageOf(pageArguments);
  const items = await database.bulkItem.findMany({
    where: {
      bulkId,
      predictionId: { not: null, ...(page.cursor === null ? {} : { gt: idInCursor('pred', page.cursor) }) },
    },
    orderBy: { predictionId: 'asc' },
    take: page.size + 1,
    select: { predictionId: true },
  });
  const ids = items.flatMap(({ predictionId }) => predictionId ?? []);
  const rows = await loadPredictions(database, ids);
  const inOrder = ids.flatMap((id) => rows.get(id) ?? []);
  const { edges, pageInfo } = connectionOf(page, inOrder, ({ id }) => encodeCursor([id]), doneCount);
  return { edges, pageInfo, count: async () => ({ count: doneCount, isEstimate: false }) };
}

/** A file that could not be read as an image. */
export interface FailedFile {
  file: string;
  error: string;
}

/** A page of the files that have no prediction, by their names. */
export async function listFailedFiles(
  { database }: RequestContext,
  { id: bulkId, failedCount }: BulkClassificationRow,
  pageArguments: PageArguments,
): Promise<Connection<FailedFile>> {
  const page = pageOf(pageArguments);
  const items = await database.bulkItem.findMany({
    where: {
      bulkId,
      predictionId: null,
      ...(page.cursor === null ? {} : { key: { gt: keyIn(page.cursor) } }),
    },
    orderBy: { key: 'asc' },
    take: page.size + 1,
  });
  const files = items.map(({ key, error }) => ({ file: key, error: error ?? '' }));
  return connectionOf(page, files, ({ file }) => encodeCursor([file]), failedCount);
}

function keyIn(cursor: string): string {
  const [key] = decodeCursor(cursor);
  if (typeof key === 'string') return key;
  throw badUserInput(`'${cursor}' is not a cursor of this list.`);
}
