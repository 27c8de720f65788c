import { z } from 'zod';
import { authorise } from '../../api/authorise.js';
import {
  type Connection,
  type Page,
  type PageArguments,
  connectionOf,
  decodeCursor,
  encodeCursor,
  pageOf,
} from '../../api/connection.js';
import type { RequestContext } from '../../api/context.js';
import { badUserInput } from '../../api/errors.js';
import { Prisma } from '../../database/generated/client.js';
import { isId } from '../../database/ids.js';
import { authoriseFilter } from './authorise-filter.js';
import { type PredictionCount, countPredictions } from './count-predictions.js';
import { type StreamOrder, inStream, rangesOf, sorting, streamTable } from './history-streams.js';
import { type PredictionRow, loadPredictions } from './load-predictions.js';
import { type HistoryConditions, all, conditionsOf, wholeCondition } from './prediction-filter.js';
import { type PredictionFilter, PredictionOrder } from './types.js';

/** How to find a page when the filter has a range (of confidence, say) that is not the sort order (by time, say). */
const RANGE_SEARCH = {
  /** The number of predictions to check in sort order. If they fill a page, the sort order is followed. */
  probed: 300,
  /**
   * If they do not, and the range has at most this number of predictions, these are read and sorted. If it has more, a page is
   * soon found in sort order.
   */
  few: 4_000,
};

export interface PredictionsArguments extends PageArguments {
  filter?: PredictionFilter | null;
  order?: PredictionOrder | null;
}

/** A page of predictions. The predictions on all pages are counted only when `count` is called. */
export interface PredictionPage extends Omit<Connection<PredictionRow>, 'totalCount'> {
  count(): Promise<PredictionCount>;
}

/** A page of the predictions that match the filter. Pages are by keyset, so new predictions do not shift them. */
export async function listPredictions(
  context: Pick<RequestContext, 'database' | 'viewer'>,
  { filter, order, ...pageArguments }: PredictionsArguments,
): Promise<PredictionPage> {
  const viewer = authorise(context, 'read predictions');
  if (filter) authoriseFilter(context, filter);
  const page = pageOf(pageArguments);
  const conditions = await conditionsOf(context.database, filter ?? {}, viewer);
  const statement = pageStatement(conditions, page, order ?? PredictionOrder.NEWEST_FIRST);
  const found = await context.database.$queryRaw<{ id: string }[]>(statement);
  const ids = found.map(({ id }) => id);
  const rows = await loadPredictions(context.database, ids, viewer);
  const inOrder = ids.flatMap((id) => rows.get(id) ?? []);
  const cursorOf = (row: PredictionRow) => cursorAt(row, order ?? PredictionOrder.NEWEST_FIRST);
  const { edges, pageInfo } = connectionOf(page, inOrder, cursorOf, 0);
  return { edges, pageInfo, count: () => countPredictions(context.database, conditions) };
}

/** The cursor of a row: its sort key and its id. */
export function cursorAt(
  { id, confidence, createdAt }: Pick<PredictionRow, 'id' | 'confidence' | 'createdAt'>,
  order: PredictionOrder,
): string {
  const isByConfidence = order === PredictionOrder.LEAST_CONFIDENT_FIRST;
  return encodeCursor([isByConfidence ? confidence : createdAt.toISOString(), id]);
}

/** Selects the ids of a page, in reading order, and the id of the row after it, if there is one. */
export function pageStatement(
  filtered: HistoryConditions,
  { size, backward, cursor }: Page,
  predictionOrder: PredictionOrder,
  { probed, few } = RANGE_SEARCH,
): Prisma.Sql {
  const order = predictionOrder === PredictionOrder.LEAST_CONFIDENT_FIRST ? 'confidence' : 'time';
  const ascending = (predictionOrder !== PredictionOrder.NEWEST_FIRST) !== backward;
  const direction = ascending ? Prisma.sql`ASC` : Prisma.sql`DESC`;
  const sorted =
    order === 'time'
      ? Prisma.sql`p."createdAt" ${direction}, p.id ${direction}`
      : Prisma.sql`p.confidence ${direction}, p.id ${direction}`;
  const take = Prisma.sql`ORDER BY ${sorted} LIMIT ${size + 1}`;

  const { conditions, beyond } = fromCursor(filtered, cursor, order, ascending);
  const { owner, sites, versionIds, facets, rest } = conditions;
  const { own, other } = rangesOf(conditions, order);
  const oneIndexDoes = !owner && !sites && !versionIds && facets.length === 0 && other.length === 0;
  if (oneIndexDoes || owner?.isSmall) {
    return Prisma.sql`SELECT p.id FROM "Prediction" p WHERE ${all([wholeCondition(conditions), ...beyond])} ${take}`;
  }

  // OFFSET 0 keeps Postgres from moving conditions into the subquery, where they would make it choose another index.
  const stream = inStream(conditions);
  const ahead = Prisma.sql`SELECT p.* FROM "Prediction" p WHERE ${all([stream, ...own, ...beyond])} ORDER BY ${sorted}`;
  const follow = Prisma.sql`SELECT p.id, p."createdAt", p.confidence FROM (${ahead} OFFSET 0) AS p WHERE ${all([...other, ...rest])}`;
  if (other.length === 0) {
    return Prisma.sql`WITH RECURSIVE ${streamTable(conditions)}
      SELECT p.id FROM stream s CROSS JOIN LATERAL (${follow} LIMIT ${size + 1}) AS p ${take}`;
  }

  // The filter has a range that is not the sort order. For each stream, either the index of the sort order is read until
  // it has given a page, or the range is read from the other index and sorted.
  const inRange = (
    limit: number,
  ) => Prisma.sql`SELECT p.* FROM "Prediction" p WHERE ${all([stream, ...other])}
    ORDER BY ${sorting[order === 'time' ? 'confidence' : 'time']} LIMIT ${limit}`;
  const count = (rows: Prisma.Sql) => Prisma.sql`(SELECT count(*) FROM (${rows}) AS counted)`;
  const probe = Prisma.sql`${ahead} LIMIT ${probed}`;
  const isShort = Prisma.sql`${count(probe)} < ${probed}`;
  const isDense = Prisma.sql`${count(
    Prisma.sql`SELECT FROM (${probe}) AS p WHERE ${all([...other, ...rest])} LIMIT ${size + 1}`,
  )} > ${size}`;
  const isMany = Prisma.sql`${count(inRange(few + 1))} > ${few}`;
  return Prisma.sql`
    WITH RECURSIVE ${streamTable(conditions)}, sized AS MATERIALIZED (
      SELECT s.*, CASE WHEN ${isDense} OR ${isShort} THEN TRUE ELSE ${isMany} END AS follow FROM stream s
    )
    SELECT p.id FROM sized s CROSS JOIN LATERAL (
      (${follow} AND s.follow LIMIT ${size + 1})
      UNION ALL
      (SELECT p.id, p."createdAt", p.confidence FROM (${inRange(few)}) AS p
       WHERE ${all([...own, ...beyond, ...rest])} AND NOT s.follow ${take})
    ) AS p ${take}`;
}

/**
 * The condition that a row comes after the cursor, and the remaining conditions. When the filter and the cursor both limit the
 * sort key on the same side, only the tighter limit is kept, because Postgres might start its index scan at the looser one.
 */
function fromCursor(
  conditions: HistoryConditions,
  cursor: string | null,
  order: StreamOrder,
  ascending: boolean,
): { conditions: HistoryConditions; beyond: Prisma.Sql[] } {
  if (cursor === null) return { conditions, beyond: [] };
  const [key, id] = keyOf(cursor, order);
  const { min, max } = conditions[order];
  if (ascending ? min !== null && min > key : max !== null && max < key) return { conditions, beyond: [] };

  const column = order === 'time' ? Prisma.sql`p."createdAt"` : Prisma.sql`p.confidence`;
  const sign = ascending ? Prisma.sql`>` : Prisma.sql`<`;
  return {
    conditions: { ...conditions, [order]: ascending ? { min: null, max } : { min, max: null } },
    beyond: [Prisma.sql`(${column}, p.id) ${sign} (${key}, ${id})`],
  };
}

/** The sort key in a cursor of this order: a confidence or a time, and an id. */
function keyOf(cursor: string, order: StreamOrder): [number | Date, string] {
  const [first, id, ...more] = decodeCursor(cursor);
  const key = order === 'time' ? timeOf(first) : first;
  if (more.length === 0 && typeof id === 'string' && isId('pred', id)) {
    if (key instanceof Date || typeof key === 'number') return [key, id];
  }
  throw badUserInput(`'${cursor}' is not a cursor of this sort order. Start again from the first page.`);
}

/** A time in the format of `cursorAt`; null for anything else. */
function timeOf(text: unknown): Date | null {
  return typeof text === 'string' && z.iso.datetime({ precision: 3 }).safeParse(text).success
    ? new Date(text)
    : null;
}
