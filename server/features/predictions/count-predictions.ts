import { z } from 'zod';
import type { Database } from '../../database/client.js';
import { Prisma } from '../../database/generated/client.js';

/** As many are counted one by one; above that, Postgres' planner estimates from its statistics. */
const COUNTED_EXACTLY = 10_000;

const Explained = z.array(
  z.object({ 'QUERY PLAN': z.tuple([z.object({ Plan: z.object({ 'Plan Rows': z.number() }) })]) }),
);

export interface PredictionCount {
  count: number;
  isEstimate: boolean;
}

/** How many predictions meet a condition on "Prediction" p: exact up to `exactUpTo`, an estimate above it beyond. */
export async function countPredictions(
  database: Database,
  condition: Prisma.Sql,
  exactUpTo = COUNTED_EXACTLY,
): Promise<PredictionCount> {
  const matching = Prisma.sql`SELECT FROM "Prediction" p WHERE ${condition}`;
  const counted = await database.$queryRaw<{ count: bigint }[]>`
    SELECT count(*) FROM (${matching} LIMIT ${exactUpTo + 1}) AS counted`;
  const count = Number(counted[0]?.count ?? 0);
  if (count <= exactUpTo) return { count, isEstimate: false };

  const explained = Explained.parse(await database.$queryRaw`EXPLAIN (FORMAT JSON) ${matching}`);
  const estimate = explained[0]?.['QUERY PLAN'][0].Plan['Plan Rows'] ?? 0;
  return { count: Math.max(count, Math.min(Math.round(estimate), 2 ** 31 - 1)), isEstimate: true };
}
