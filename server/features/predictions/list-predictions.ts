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
  const cursorOf = ({ id, confidence }: PredictionRow) =>
    encodeCursor(order === PredictionOrder.LEAST_CONFIDENT_FIRST ? [confidence, id] : [id]);
  const { edges, pageInfo } = connectionOf(page, inOrder, cursorOf, 0);
  return { edges, pageInfo, count: () => countPredictions(context.database, conditions) };
}

/** Selects the ids of a page and of the one row beyond it, in the order in which the page is read. */
export function pageStatement(
  filtered: HistoryConditions,
  { size, backward, cursor }: Page,
  predictionOrder: PredictionOrder,
  { probed, few } = WAYS,
): Prisma.Sql {
  const order = predictionOrder === PredictionOrder.LEAST_CONFIDENT_FIRST ? 'confidence' : 'id';
  const ascending = (predictionOrder !== PredictionOrder.NEWEST_FIRST) !== backward;
  const direction = ascending ? Prisma.sql`ASC` : Prisma.sql`DESC`;
  const sorted =
    order === 'id' ? Prisma.sql`p.id ${direction}` : Prisma.sql`p.confidence ${direction}, p.id ${direction}`;
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
  const follow = Prisma.sql`SELECT p.id, p.confidence FROM (${ahead} OFFSET 0) AS p WHERE ${all([...other, ...rest])}`;
  if (other.length === 0) {
    return Prisma.sql`WITH RECURSIVE ${streamTable(conditions)}
      SELECT p.id FROM stream s CROSS JOIN LATERAL (${follow} LIMIT ${size + 1}) AS p ${take}`;
  }

  // A range that this order does not follow: of each stream, either the order's index is followed until it has given a
  // page, or what is in the range is read by the other index and sorted.
  const inRange = (
    limit: number,
  ) => Prisma.sql`SELECT p.* FROM "Prediction" p WHERE ${all([stream, ...other])}
    ORDER BY ${sorting[order === 'id' ? 'confidence' : 'id']} LIMIT ${limit}`;
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
      (SELECT p.id, p.confidence FROM (${inRange(few)}) AS p
       WHERE ${all([...own, ...beyond, ...rest])} AND NOT s.follow ${take})
    ) AS p ${take}`;
}

/**
 * What lies beyond the cursor, and the conditions that are left beside it: of two bounds on the confidence that an index
 * begins at, the nearer one alone, since Postgres may begin at the farther one.
 */
function fromCursor(
  conditions: HistoryConditions,
  cursor: string | null,
  order: StreamOrder,
  ascending: boolean,
): { conditions: HistoryConditions; beyond: Prisma.Sql[] } {
  if (cursor === null) return { conditions, beyond: [] };
  const { confidence, id } = keyOf(cursor, order);
  const sign = ascending ? Prisma.sql`>` : Prisma.sql`<`;
  if (confidence === null) return { conditions, beyond: [Prisma.sql`p.id ${sign} ${id}`] };

  const { min, max } = conditions.confidence;
  if (ascending ? min !== null && min > confidence : max !== null && max < confidence) {
    return { conditions, beyond: [] };
  }
  return {
    conditions: { ...conditions, confidence: ascending ? { min: null, max } : { min, max: null } },
    beyond: [Prisma.sql`(p.confidence, p.id) ${sign} (${confidence}, ${id})`],
  };
}

/** The sort key that a cursor of this order carries. */
function keyOf(cursor: string, order: StreamOrder): { confidence: number | null; id: string } {
  const key = decodeCursor(cursor);
  const confidence = order === 'confidence' ? key.shift() : null;
  const [id] = key;
  if (
    key.length === 1 &&
    typeof id === 'string' &&
    isId('pred', id) &&
    (confidence === null || typeof confidence === 'number')
  ) {
    return { confidence, id };
  }
  throw badUserInput(`'${cursor}' is not a cursor of this order: begin again from the first page.`);
}
