import { Prisma } from '../../database/generated/client.js';

export interface Window {
  /** All versions of the model. */
  versions: { id: string; classes: string[]; positiveLabel: string }[];
  from: Date;
  to: Date;
}

/**
 * The condition that a row of "Prediction" p is in the window. It names every column that the index "Prediction_by_time"
 * begins with, so that Postgres can look at the rows of these versions and this time alone, or
 * at those of this time alone.
 */
export function isAnsweredIn({ versions, from, to }: Window): Prisma.Sql {
  const labels = [...new Set(versions.flatMap(({ classes }) => classes))];
  return Prisma.sql`p."modelVersionId" = ANY(${versions.map(({ id }) => id)}) AND p.label = ANY(${labels})
    AND p.outcome = ANY(enum_range(NULL::"PredictionOutcome")) AND p.reviewed = ANY('{false,true}'::boolean[])
    AND p."createdAt" >= ${from} AND p."createdAt" < ${to}`;
}
