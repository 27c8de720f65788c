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
import { type PredictionCount, countPredictions } from './count-predictions.js';
import { type StreamOrder, inStream, rangesOf, sorting, streamTable } from './history-streams.js';
import { type PredictionRow, loadPredictions } from './load-predictions.js';
import { type HistoryConditions, all, conditionsOf, wholeCondition } from './prediction-filter.js';
import { type PredictionFilter, PredictionOrder } from './types.js';

/** How a page is found of a stream in a range that its order does not follow. */
const WAYS = {
  /** As many predictions are looked at to see whether the order gives a page at once. */
  probed: 300,
  /**
   * Where it does not, and at most as many are in the range, they are read and sorted; where more are, following the order
   * meets a page of them soon enough.
   */
  few: 4_000,
};

export interface PredictionsArguments extends PageArguments {
  filter?: PredictionFilter | null;
  order?: PredictionOrder | null;
}

/** A page of predictions; how many there are on all pages is counted for those who ask. */
export interface PredictionPage extends Omit<Connection<PredictionRow>, 'totalCount'> {
  count(): Promise<PredictionCount>;
}

/** A page of the predictions that the filter lets through, by keyset: what is added meanwhile shifts no page. */
export async function listPredictions(
  context: Pick<RequestContext, 'database' | 'viewer'>,
  { filter, order, ...pageArguments }: PredictionsArguments,
): Promise<PredictionPage> {
  authorise(context, 'read predictions');
  const page = pageOf(pageArguments);
  const conditions = await conditionsOf(context.database, filter ?? {});
  const statement = pageStatement(conditions, page, order ?? PredictionOrder.NEWEST_FIRST);
  const found = await context.database.$queryRaw<{ id: string }[]>(statement);
  const ids = found.map(({ id }) => id);
  const rows = await loadPredictions(context.database, ids);
  const inOrder = ids.flatMap((id) => rows.get(id) ?? []);
  const cursorOf = (row: PredictionRow) => cursorAt(row, order ?? PredictionOrder.NEWEST_FIRST);
  const { edges, pageInfo } = connectionOf(page, inOrder, cursorOf, 0);
  return { edges, pageInfo, count: () => countPredictions(context.database, conditions) };
}

/** The cursor of a row: what it is sorted by, and its id. */
export function cursorAt(
  { id, confidence, createdAt }: Pick<PredictionRow, 'id' | 'confidence' | 'createdAt'>,
  order: PredictionOrder,
): string {
  const isByConfidence = order === PredictionOrder.LEAST_CONFIDENT_FIRST;
  return encodeCursor([isByConfidence ? confidence : createdAt.toISOString(), id]);
}

/** Selects the ids of a page and of the one row beyond it, in the order in which the page is read. */
export function pageStatement(
  filtered: HistoryConditions,
  { size, backward, cursor }: Page,
  predictionOrder: PredictionOrder,
  { probed, few } = WAYS,
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
  const { owner, versionIds, facets, rest } = conditions;
  const { own, other } = rangesOf(conditions, order);
  const oneIndexDoes = !owner && !versionIds && facets.length === 0 && other.length === 0;
  if (oneIndexDoes || owner?.column === 'imageSha256') {
    return Prisma.sql`SELECT p.id FROM "Prediction" p WHERE ${all([wholeCondition(conditions), ...beyond])} ${take}`;
  }

  // Behind OFFSET 0 stands what no index is to be chosen by: Postgres does not move it to the other side.
  const stream = inStream(conditions);
  const ahead = Prisma.sql`SELECT p.* FROM "Prediction" p WHERE ${all([stream, ...own, ...beyond])} ORDER BY ${sorted}`;
  const follow = Prisma.sql`SELECT p.id, p."createdAt", p.confidence FROM (${ahead} OFFSET 0) AS p WHERE ${all([...other, ...rest])}`;
  if (other.length === 0) {
    return Prisma.sql`WITH RECURSIVE ${streamTable(conditions)}
      SELECT p.id FROM stream s CROSS JOIN LATERAL (${follow} LIMIT ${size + 1}) AS p ${take}`;
  }

  // A range that this order does not follow: of each stream, either the order's index is followed until it has given a
  // page, or what is in the range is read by the other index and sorted.
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
 * What lies beyond the cursor, and the conditions that are left beside it: of two bounds on what an index begins with, only
 * the nearer one is kept, since Postgres may begin at the farther one.
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

/** The sort key that a cursor of this order carries: a confidence or a time, and an id. */
function keyOf(cursor: string, order: StreamOrder): [number | Date, string] {
  const [first, id, ...more] = decodeCursor(cursor);
  const key = order === 'time' ? timeOf(first) : first;
  if (more.length === 0 && typeof id === 'string' && isId('pred', id)) {
    if (key instanceof Date || typeof key === 'number') return [key, id];
  }
  throw badUserInput(`'${cursor}' is not a cursor of this order: begin again from the first page.`);
}

/** A time as `cursorAt` writes it; null for anything else. */
function timeOf(text: unknown): Date | null {
  return typeof text === 'string' && z.iso.datetime({ precision: 3 }).safeParse(text).success
    ? new Date(text)
    : null;
}
