import { z } from 'zod';
import type { Database } from '../../database/client.js';
import { Prisma } from '../../database/generated/client.js';
import { type StreamOrder, inStream, rangesOf, sorting, streamTable } from './history-streams.js';
import { type HistoryConditions, all, wholeCondition } from './prediction-filter.js';

/** The largest number of rows that are checked one by one. Beyond it, the Postgres planner estimates the count from its statistics. */
const MAX_CHECKED = 10_000;

const Explained = z.array(
  z.object({ 'QUERY PLAN': z.tuple([z.object({ Plan: z.object({ 'Plan Rows': z.number() }) })]) }),
);

export interface PredictionCount {
  count: number;
  isEstimate: boolean;
}

/** The number of predictions that meet the conditions: exact if at most `maxChecked` rows need to be checked, otherwise an estimate. */
export async function countPredictions(
  database: Database,
  conditions: HistoryConditions,
  maxChecked = MAX_CHECKED,
): Promise<PredictionCount> {
  let atLeast = 0;
  for (const order of ordersToCountBy(conditions)) {
    const [counted] = await database.$queryRaw<{ seen: bigint; met: bigint }[]>(
      countStatement(conditions, order, maxChecked),
    );
    const met = Number(counted?.met ?? 0);
    if (Number(counted?.seen ?? 0) <= maxChecked) return { count: met, isEstimate: false };
    atLeast = Math.max(atLeast, met);
  }
  const explained = Explained.parse(
    await database.$queryRaw`EXPLAIN (FORMAT JSON) SELECT FROM "Prediction" p WHERE ${wholeCondition(conditions)}`,
  );
  const estimate = explained[0]?.['QUERY PLAN'][0].Plan['Plan Rows'] ?? 0;
  return { count: Math.max(atLeast, Math.min(Math.round(estimate), 2 ** 31 - 1)), isEstimate: true };
}

/** The orders whose index narrows the count. With a range of both time and confidence, either may match fewer rows. */
export function ordersToCountBy({ time, confidence }: HistoryConditions): StreamOrder[] {
  if (confidence.min === null && confidence.max === null) return ['time'];
  return time.min === null && time.max === null ? ['confidence'] : ['confidence', 'time'];
}

/** Counts the rows checked and, of them, those that meet the conditions. Checks at most `maxChecked` + 1 rows. */
export function countStatement(
  conditions: HistoryConditions,
  order: StreamOrder,
  maxChecked = MAX_CHECKED,
): Prisma.Sql {
  const { own, other } = rangesOf(conditions, order);
  const met = all([...other, ...conditions.rest]);
  const { owner } = conditions;
  if (owner?.isSmall) {
    const rest = wholeCondition({ ...conditions, owner: null });
    return Prisma.sql`SELECT count(*) AS seen, count(*) FILTER (WHERE met) AS met FROM (
      SELECT ${rest} AS met FROM "Prediction" p WHERE ${owner.condition} ORDER BY ${sorting.time} LIMIT ${maxChecked + 1}) AS one`;
  }
  return Prisma.sql`
    WITH RECURSIVE ${streamTable(conditions)}
    SELECT count(*) AS seen, count(*) FILTER (WHERE met) AS met FROM (
      SELECT one.met FROM stream s CROSS JOIN LATERAL (
        SELECT ${met} AS met FROM "Prediction" p WHERE ${all([inStream(conditions), ...own])}
        ORDER BY ${sorting[order]} LIMIT ${maxChecked + 1}
      ) AS one LIMIT ${maxChecked + 1}
    ) AS checked`;
}
