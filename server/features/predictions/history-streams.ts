import { Prisma } from '../../database/generated/client.js';
import { type HistoryConditions, all, confidenceConditions, timeConditions } from './prediction-filter.js';

// The history has few kinds of predictions, a kind being a combination of version, label, outcome, and reviewed or not. Every
// index starts with these four columns (after the user or the case in some indexes) and continues with time or confidence. The
// predictions of one kind are therefore a *stream*, sorted either way, and a filter merges the streams of the kinds it matches.

/** The orders in which an index returns a stream. */
export type StreamOrder = 'time' | 'confidence';

export const sorting: Record<StreamOrder, Prisma.Sql> = {
  time: Prisma.sql`p."createdAt", p.id`,
  confidence: Prisma.sql`p.confidence, p.id`,
};

/**
 * The common table expression "stream": the existing kinds of predictions that meet the conditions. A skip scan finds each kind with
 * one index lookup from the kind before it, so the cost grows with the number of kinds and not with the number of predictions.
 */
export function streamTable({ owner, versionIds, facets }: HistoryConditions): Prisma.Sql {
  const scope = owner?.condition ?? Prisma.sql`TRUE`;
  const first = (condition: Prisma.Sql) => Prisma.sql`
    SELECT p."modelVersionId", p.label, p.outcome, p.reviewed FROM "Prediction" p WHERE ${scope} AND ${condition}
    ORDER BY p."modelVersionId", p.label, p.outcome, p.reviewed LIMIT 1`;
  // Postgres uses an index for a row comparison only after the columns that are compared for equality, so each column is
  // in exactly one of the two.
  const next = versionIds
    ? Prisma.sql`p."modelVersionId" = kind."modelVersionId"
        AND (p.label, p.outcome, p.reviewed) > (kind.label, kind.outcome, kind.reviewed)`
    : Prisma.sql`(p."modelVersionId", p.label, p.outcome, p.reviewed)
        > (kind."modelVersionId", kind.label, kind.outcome, kind.reviewed)`;
  const begin = versionIds
    ? Prisma.sql`unnest(${versionIds}::text[]) AS version (id)
        CROSS JOIN LATERAL (${first(Prisma.sql`p."modelVersionId" = version.id`)}) AS first`
    : Prisma.sql`(${first(Prisma.sql`TRUE`)}) AS first`;
  return Prisma.sql`kind AS (
    SELECT first.* FROM ${begin}
    UNION ALL
    SELECT next.* FROM kind CROSS JOIN LATERAL (${first(next)}) AS next
  ), stream AS (SELECT * FROM kind p WHERE ${all(facets)})`;
}

/** The condition that "Prediction" p belongs to the current row of "stream" s. */
export function inStream({ owner }: HistoryConditions): Prisma.Sql {
  return all([
    ...(owner ? [owner.condition] : []),
    Prisma.sql`p."modelVersionId" = s."modelVersionId" AND p.label = s.label AND p.outcome = s.outcome
      AND p.reviewed = s.reviewed`,
  ]);
}

/** The range conditions that an index of this order can use (`own`), and those that it cannot (`other`). */
export function rangesOf({ time, confidence }: HistoryConditions, order: StreamOrder) {
  const times = timeConditions(time);
  const confidences = confidenceConditions(confidence);
  return order === 'time' ? { own: times, other: confidences } : { own: confidences, other: times };
}
