import {
  type Connection,
  connectionOf,
  encodeCursor,
  fromCursorOfKey,
  idInCursor,
  lowestFirst,
  type Page,
  type PageArguments,
  pageOf,
} from '../../api/connection.js';
import type { RequestContext } from '../../api/context.js';
import { NO_SITES } from '../../api/visible-sites.js';
import type { SkipReason } from '../../database/generated/enums.js';
import { keyOfCursor } from '../datasets/list-items.js';
import type { SkippedFileRow } from '../datasets/list-skipped-files.js';
import type { PredictionPage } from '../predictions/list-predictions.js';
import { loadPredictions } from '../predictions/load-predictions.js';
import type { BulkClassificationRow } from './load-bulk-classifications.js';

/** A page of the predictions of a bulk classification, oldest first. The caller must have authorised 'read predictions'. */
export async function listBulkPredictions(
  { database, viewer }: RequestContext,
  { id: bulkId, doneCount }: BulkClassificationRow,
  pageArguments: PageArguments,
): Promise<PredictionPage> {
  const page = pageOf(pageArguments);
  const items = await database.bulkItem.findMany({
    where: {
      bulkId,
      predictionId: { not: null, ...fromCursorOfKey(page, (cursor) => idInCursor('pred', cursor)) },
    },
    orderBy: { predictionId: lowestFirst(page) },
    take: page.size + 1,
    select: { predictionId: true },
  });
  const ids = items.flatMap(({ predictionId }) => predictionId ?? []);
  const rows = await loadPredictions(database, ids, viewer ?? NO_SITES);
  const inOrder = ids.flatMap((id) => rows.get(id) ?? []);
  const { edges, pageInfo } = connectionOf(page, inOrder, ({ id }) => encodeCursor([id]), doneCount);
  return { edges, pageInfo, count: async () => ({ count: doneCount, isEstimate: false }) };
}

/** A file that could not be read as an image. */
export interface FailedFile {
  file: string;
  error: string;
}

/** A page of the images that could not be read, ordered by path. */
export async function listFailedFiles(
  context: RequestContext,
  { id, failedCount }: BulkClassificationRow,
  pageArguments: PageArguments,
): Promise<Connection<FailedFile>> {
  const page = pageOf(pageArguments);
  const items = await itemsWithoutPrediction(context, id, page, 'UNREADABLE');
  const files = items.map(({ key, error }) => ({ file: key, error: error ?? '' }));
  return connectionOf(page, files, ({ file }) => encodeCursor([file]), failedCount);
}

/** A page of the files without a prediction, for one reason or for any, ordered by path. */
export async function listSkippedFiles(
  context: RequestContext,
  { id, failedCount, notImageCount }: BulkClassificationRow,
  pageArguments: PageArguments,
  reason?: SkipReason | null,
): Promise<Connection<SkippedFileRow>> {
  const page = pageOf(pageArguments);
  const items = await itemsWithoutPrediction(context, id, page, reason ?? null);
  const files = items.map(({ key, error, notImage }) => ({
    file: key,
    reason: notImage ? ('NOT_AN_IMAGE' as const) : ('UNREADABLE' as const),
    detail: error ?? '',
  }));
  const counts = new Map<SkipReason, number>([
    ['UNREADABLE', failedCount],
    ['NOT_AN_IMAGE', notImageCount],
  ]);
  const totalCount = reason ? (counts.get(reason) ?? 0) : failedCount + notImageCount;
  return connectionOf(page, files, ({ file }) => encodeCursor([file]), totalCount);
}

function itemsWithoutPrediction(
  { database }: RequestContext,
  bulkId: string,
  page: Page,
  reason: SkipReason | null,
) {
  return database.bulkItem.findMany({
    where: {
      bulkId,
      predictionId: null,
      AND: [reason === null ? {} : conditionOf(reason), { key: fromCursorOfKey(page, keyOfCursor) }],
    },
    orderBy: { key: lowestFirst(page) },
    take: page.size + 1,
  });
}

/** The condition of a reason. No item matches a reason that bulk classifications do not use. */
function conditionOf(reason: SkipReason) {
  switch (reason) {
    case 'NOT_AN_IMAGE':
      return { notImage: true };
    case 'UNREADABLE':
      return { notImage: false };
    default:
      return { key: { in: [] } };
  }
}
