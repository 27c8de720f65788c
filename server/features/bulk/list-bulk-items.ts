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
import { NO_SITES, type SiteLimits } from '../../api/visible-sites.js';
import type { Database } from '../../database/client.js';
import { Prisma } from '../../database/generated/client.js';
import type { SkipReason } from '../../database/generated/enums.js';
import { predictionsOfBulk } from '../bulk-items/load-bulk-ids.js';
import { keyOfCursor } from '../datasets/list-items.js';
import type { SkippedFileRow } from '../datasets/list-skipped-files.js';
import type { PredictionPage } from '../predictions/list-predictions.js';
import { loadPredictions } from '../predictions/load-predictions.js';
import type { BulkClassificationRow } from './load-bulk-classifications.js';

/** A page of the predictions of a bulk classification, oldest first. The caller must have authorised 'read predictions'. */
export async function listBulkPredictions(
  { database, viewer }: RequestContext,
  { id: bulkId, doneCount, imageKind }: BulkClassificationRow,
  pageArguments: PageArguments,
): Promise<PredictionPage> {
  const page = pageOf(pageArguments);
  if (imageKind !== 'CELL') return listWithFields(database, bulkId, page, viewer ?? NO_SITES);
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

/** The same where some files are fields, whose cells are found by their field. */
async function listWithFields(
  database: Database,
  bulkId: string,
  page: Page,
  limits: SiteLimits,
): Promise<PredictionPage> {
  const all = predictionsOfBulk(bulkId);
  const { backward, cursor } = page;
  const isBeyond = backward ? Prisma.sql`<` : Prisma.sql`>`;
  const from =
    cursor === null ? Prisma.empty : Prisma.sql`WHERE id ${isBeyond} ${idInCursor('pred', cursor)}`;
  const order = backward ? Prisma.sql`DESC` : Prisma.sql`ASC`;
  const found = await database.$queryRaw<{ id: string }[]>`
    SELECT id FROM (${all}) AS made ${from} ORDER BY id ${order} LIMIT ${page.size + 1}`;
  const rows = await loadPredictions(
    database,
    found.map(({ id }) => id),
    limits,
  );
  const inOrder = found.flatMap(({ id }) => rows.get(id) ?? []);
  const count = async () => {
    const [total] = await database.$queryRaw<{ count: number }[]>`
      SELECT count(*)::int AS count FROM (${all}) AS made`;
    return { count: total?.count ?? 0, isEstimate: false };
  };
  const { edges, pageInfo } = connectionOf(page, inOrder, ({ id }) => encodeCursor([id]), 0);
  return { edges, pageInfo, count };
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
      fieldId: null,
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
