import { Prisma } from '../../database/generated/client.js';
import { type HistoryConditions, all, confidenceConditions, timeConditions } from './prediction-filter.js';

// The history has few kinds of predictions, a kind being a combination of version, label, outcome, and reviewed or not. Every
// index starts with these four columns (after the user, the case, the site or the cell type in some indexes) and continues with time or confidence. The
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
export function streamTable({ owner, sites, versionIds, facets }: HistoryConditions): Prisma.Sql {
  const scope = owner?.condition ?? Prisma.sql`TRUE`;
  const listed = [
    ...(sites ? [{ column: 'siteId', ids: sites }] : []),
    ...(versionIds ? [{ column: 'modelVersionId', ids: versionIds }] : []),
  ];
  const columns = [...(sites ? ['siteId'] : []), 'modelVersionId', 'label', 'outcome', 'reviewed'];
  const first = (condition: Prisma.Sql) => Prisma.sql`
    SELECT ${columnsOf('p', columns)} FROM "Prediction" p WHERE ${scope} AND ${condition}
    ORDER BY ${columnsOf('p', columns)} LIMIT 1`;
  // Postgres uses an index for a row comparison only after the columns that are compared for equality, so each column is
  // in exactly one of the two.
  const same = listed.map(({ column }) => column);
  const beyond = columns.filter((column) => !same.includes(column));
  const next = all([
    ...same.map((column) => Prisma.sql`${columnsOf('p', [column])} = ${columnsOf('kind', [column])}`),
    Prisma.sql`(${columnsOf('p', beyond)}) > (${columnsOf('kind', beyond)})`,
  ]);
  const each = listed.map(
    ({ column, ids }) => Prisma.sql`unnest(${[...ids]}::text[]) AS ${Prisma.raw(`"${column}s"`)} (id)`,
  );
  const isEach = listed.map(
    ({ column }) => Prisma.sql`${columnsOf('p', [column])} = ${columnsOf(`"${column}s"`, ['id'])}`,
  );
  const begin = [...each, Prisma.sql`LATERAL (${first(all(isEach))}) AS first`];
  return Prisma.sql`kind AS (
    SELECT first.* FROM ${Prisma.join(begin, ' CROSS JOIN ')}
    UNION ALL
    SELECT next.* FROM kind CROSS JOIN LATERAL (${first(next)}) AS next
  ), stream AS (SELECT * FROM kind p WHERE ${all(facets)})`;
}

function columnsOf(table: string, columns: readonly string[]): Prisma.Sql {
  return Prisma.raw(columns.map((column) => `${table}."${column}"`).join(', '));
}

/** The condition that "Prediction" p belongs to the current row of "stream" s. */
export function inStream({ owner, sites }: HistoryConditions): Prisma.Sql {
  return all([
    ...(owner ? [owner.condition] : []),
    ...(sites ? [Prisma.sql`p."siteId" = s."siteId"`] : []),
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
