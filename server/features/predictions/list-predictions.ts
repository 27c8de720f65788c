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
import { type PredictionRow, loadPredictions } from './load-predictions.js';
import { conditionOf } from './prediction-filter.js';
import { type PredictionFilter, PredictionOrder } from './types.js';

export interface PredictionsArguments extends PageArguments {
  filter?: PredictionFilter | null;
  order?: PredictionOrder | null;
}

/** A page of the history and, for the fields that count, the condition that all of its pages share. */
export interface PredictionPage extends Omit<Connection<PredictionRow>, 'totalCount'> {
  condition: Prisma.Sql;
}

/** A page of the predictions that the filter lets through, by keyset: what is added meanwhile shifts no page. */
export async function listPredictions(
  context: RequestContext,
  { filter, order, ...pageArguments }: PredictionsArguments,
): Promise<PredictionPage> {
  authorise(context, 'read predictions');
  const page = pageOf(pageArguments);
  const condition = await conditionOf(context.database, filter ?? {});
  const ids = await idsOfPage(context, page, order ?? PredictionOrder.NEWEST_FIRST, condition);
  const rows = await loadPredictions(context.database, ids);
  const inOrder = ids.flatMap((id) => rows.get(id) ?? []);
  const cursorOf = ({ id, confidence }: PredictionRow) =>
    encodeCursor(order === PredictionOrder.LEAST_CONFIDENT_FIRST ? [confidence, id] : [id]);
  const { edges, pageInfo } = connectionOf(page, inOrder, cursorOf, 0);
  return { edges, pageInfo, condition };
}

/** The ids of a page and of the one row beyond it, in the order in which the page is read. */
async function idsOfPage(
  { database }: RequestContext,
  { size, backward, cursor }: Page,
  order: PredictionOrder,
  condition: Prisma.Sql,
): Promise<string[]> {
  const byConfidence = order === PredictionOrder.LEAST_CONFIDENT_FIRST;
  const ascending = (order !== PredictionOrder.NEWEST_FIRST) !== backward;
  const direction = ascending ? Prisma.sql`ASC` : Prisma.sql`DESC`;
  const beyond = ascending ? Prisma.sql`>` : Prisma.sql`<`;

  const key = byConfidence ? Prisma.sql`(p.confidence, p.id)` : Prisma.sql`(p.id)`;
  const sorting = byConfidence
    ? Prisma.sql`p.confidence ${direction}, p.id ${direction}`
    : Prisma.sql`p.id ${direction}`;
  const fromCursor =
    cursor === null
      ? Prisma.empty
      : Prisma.sql`AND ${key} ${beyond} (${Prisma.join(keyOf(cursor, byConfidence))})`;

  const rows = await database.$queryRaw<{ id: string }[]>`
    SELECT p.id FROM "Prediction" p WHERE ${condition} ${fromCursor} ORDER BY ${sorting} LIMIT ${size + 1}`;
  return rows.map(({ id }) => id);
}

/** The sort key that a cursor of this order carries. */
function keyOf(cursor: string, byConfidence: boolean): (string | number)[] {
  const key = decodeCursor(cursor);
  const confidence = byConfidence ? key.shift() : 0;
  const [id] = key;
  if (key.length === 1 && typeof id === 'string' && isId('pred', id) && typeof confidence === 'number') {
    return byConfidence ? [confidence, id] : [id];
  }
  throw badUserInput(`'${cursor}' is not a cursor of this order: begin again from the first page.`);
}
