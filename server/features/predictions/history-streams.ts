import { Prisma } from '../../database/generated/client.js';
import { type HistoryConditions, all, confidenceConditions, timeConditions } from './prediction-filter.js';

// The history has few kinds of answers: version, label, outcome, reviewed or not. Every index of it begins with these four
// (behind the user or the case, where one is asked for) and goes on by time or by confidence. The predictions of one kind
// are so a *stream*, in either order, and a filter is met by merging the streams of the kinds it lets through.

/** Two orders in which an index gives a stream. */
export type StreamOrder = 'time' | 'confidence';

export const sorting: Record<StreamOrder, Prisma.Sql> = {
  time: Prisma.sql`p."createdAt", p.id`,
  confidence: Prisma.sql`p.confidence, p.id`,
};

/**
 * The common table "stream": the kinds of answers that there are and that the conditions let through. Each is found with
 * one descent of an index from the one before it (a skip scan), so that it costs as much as there are kinds.
 */
export function streamTable({ owner, versionIds, facets }: HistoryConditions): Prisma.Sql {
  const scope = owner?.condition ?? Prisma.sql`TRUE`;
  const first = (condition: Prisma.Sql) => Prisma.sql`
    SELECT p."modelVersionId", p.label, p.outcome, p.reviewed FROM "Prediction" p WHERE ${scope} AND ${condition}
    ORDER BY p."modelVersionId", p.label, p.outcome, p.reviewed LIMIT 1`;
  // An index finds the place of a row comparison only behind the columns that are equal: each column is in one of the two.
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

/** That "Prediction" p is one of the current row of "stream" s. */
export function inStream({ owner }: HistoryConditions): Prisma.Sql {
  return all([
    ...(owner ? [owner.condition] : []),
    Prisma.sql`p."modelVersionId" = s."modelVersionId" AND p.label = s.label AND p.outcome = s.outcome
      AND p.reviewed = s.reviewed`,
  ]);
}

/** The conditions that an index of this order finds the place of, and those that it cannot. */
export function rangesOf({ time, confidence }: HistoryConditions, order: StreamOrder) {
  const times = timeConditions(time);
  const confidences = confidenceConditions(confidence);
  return order === 'time' ? { own: times, other: confidences } : { own: confidences, other: times };
}
