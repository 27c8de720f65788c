import { z } from 'zod';
import type { Database } from '../../database/client.js';
import { Prisma } from '../../database/generated/client.js';
import { type StreamOrder, inStream, rangesOf, sorting, streamTable } from './history-streams.js';
import { type HistoryConditions, all, wholeCondition } from './prediction-filter.js';

/** As many are looked at one by one; where that does not do, Postgres' planner estimates from its statistics. */
const LOOKED_AT = 10_000;

const Explained = z.array(
  z.object({ 'QUERY PLAN': z.tuple([z.object({ Plan: z.object({ 'Plan Rows': z.number() }) })]) }),
);

export interface PredictionCount {
  count: number;
  isEstimate: boolean;
}

/** How many predictions meet the conditions: exact where at most `lookedAt` need to be looked at, an estimate elsewhere. */
export async function countPredictions(
  database: Database,
  conditions: HistoryConditions,
  lookedAt = LOOKED_AT,
): Promise<PredictionCount> {
  let atLeast = 0;
  for (const order of ordersToCountBy(conditions)) {
    const [counted] = await database.$queryRaw<{ seen: bigint; met: bigint }[]>(
      countStatement(conditions, order, lookedAt),
    );
    const met = Number(counted?.met ?? 0);
    if (Number(counted?.seen ?? 0) <= lookedAt) return { count: met, isEstimate: false };
    atLeast = Math.max(atLeast, met);
  }
  const explained = Explained.parse(
    await database.$queryRaw`EXPLAIN (FORMAT JSON) SELECT FROM "Prediction" p WHERE ${wholeCondition(conditions)}`,
  );
  const estimate = explained[0]?.['QUERY PLAN'][0].Plan['Plan Rows'] ?? 0;
  return { count: Math.max(atLeast, Math.min(Math.round(estimate), 2 ** 31 - 1)), isEstimate: true };
}

/** By each index that narrows: where there are two ranges, either may be the small one. */
export function ordersToCountBy({ time, confidence }: HistoryConditions): StreamOrder[] {
  if (confidence.min === null && confidence.max === null) return ['time'];
  return time.min === null && time.max === null ? ['confidence'] : ['confidence', 'time'];
}

/** Looks at no more than `most` + 1 predictions, whatever of them meets the conditions. */
export function countStatement(
  conditions: HistoryConditions,
  order: StreamOrder,
  most = LOOKED_AT,
): Prisma.Sql {
  const { own, other } = rangesOf(conditions, order);
  const met = all([...other, ...conditions.rest]);
  const { owner } = conditions;
  if (owner?.column === 'imageSha256') {
    const rest = wholeCondition({ ...conditions, owner: null });
    return Prisma.sql`SELECT count(*) AS seen, count(*) FILTER (WHERE met) AS met FROM (
      SELECT ${rest} AS met FROM "Prediction" p WHERE ${owner.condition} ORDER BY ${sorting.time} LIMIT ${most + 1}) AS one`;
  }
  return Prisma.sql`
    WITH RECURSIVE ${streamTable(conditions)}
    SELECT count(*) AS seen, count(*) FILTER (WHERE met) AS met FROM (
      SELECT one.met FROM stream s CROSS JOIN LATERAL (
        SELECT ${met} AS met FROM "Prediction" p WHERE ${all([inStream(conditions), ...own])}
        ORDER BY ${sorting[order]} LIMIT ${most + 1}
      ) AS one LIMIT ${most + 1}
    ) AS looked_at`;
}
