import type { Database, DatabaseOrTransaction } from '../../database/client.js';
import { Prisma } from '../../database/generated/client.js';
import { blastEquivalents, blastTypes } from '../../decision/blast-types.js';

/** The cells on which the two readers of a double reading differ. */
export interface Disagreements {
  count: number;
  /** Those on which no third reader has decided. */
  openCount: number;
}

/**
 * The number of cells of a case on which two readers differ, and on which no third reader has decided. Both must have finished: until then
 * they may change what they decided. A case cannot be signed while there are any.
 */
export async function countOpenDisagreements(
  database: DatabaseOrTransaction,
  caseId: string,
): Promise<number> {
  const [counted] = await database.$queryRaw<{ count: number }[]>`
    SELECT count(DISTINCT d."predictionId")::int AS count FROM "Case" c
    JOIN "Prediction" p ON p."caseReference" = c.reference AND p."siteId" IS NOT DISTINCT FROM c."siteId"
    JOIN ${disagreements} AS d ON d."predictionId" = p.id
    WHERE c.id = ${caseId} AND d.open`;
  return counted?.count ?? 0;
}

/** The disagreements of each double reading. Those without any have no entry. */
export async function loadDisagreements(
  database: Database,
  doubleReadingIds: readonly string[],
): Promise<Map<string, Disagreements>> {
  const rows = await database.$queryRaw<(Disagreements & { id: string })[]>`
    SELECT d."doubleReadingId" AS id, count(*)::int AS count, (count(*) FILTER (WHERE d.open))::int AS "openCount"
    FROM ${disagreements} AS d WHERE d."doubleReadingId" = ANY(${[...doubleReadingIds]}::text[]) GROUP BY 1`;
  return new Map(rows.map(({ id, ...counts }) => [id, counts]));
}

/** The ids of the predictions on which the two readers differ and no third reader has decided. */
export async function findOpenDisagreements(
  database: DatabaseOrTransaction,
  doubleReadingId: string,
): Promise<string[]> {
  const rows = await database.$queryRaw<{ predictionId: string }[]>`
    SELECT d."predictionId" FROM ${disagreements} AS d
    WHERE d."doubleReadingId" = ${doubleReadingId} AND d.open ORDER BY 1`;
  return rows.map(({ predictionId }) => predictionId);
}

/** Types whose share decides about an acute leukaemia, or about its lineage. */
const decisive = Prisma.sql`${[...blastTypes, ...blastEquivalents]}::text[]::"CellType"[]`;

/**
 * Whether two cell types, of which one may be null, differ in what the diagnosis depends on: the lineage of a blast, or whether a cell is a
 * blast or counts like one. A blast whose lineage is not named differs from no other blast. Which of the other types a cell has is left to
 * the newest review, because readers often differ on neighbouring stages, such as band and segmented neutrophils.
 */
const differInDecisiveType = Prisma.sql`(
  v1."cellType" <> v2."cellType" AND ARRAY[v1."cellType", v2."cellType"] && ${decisive}
  AND NOT ('BLAST' IN (v1."cellType", v2."cellType") AND ARRAY[v1."cellType", v2."cellType"] <@ ${[...blastTypes]}::text[]::"CellType"[]))`;

/**
 * The predictions that the two readers of a double reading, when both have finished, gave different verdicts, labels, or cell types that
 * matter ({@link differInDecisiveType}), and whether no third reader has decided. The label of a verdict other than LABEL is the model's, so it is not compared. A reader who withdraws their review after they
 * have finished does not settle the disagreement.
 */
const disagreements = Prisma.sql`(
  SELECT r1."doubleReadingId", c1."predictionId", NOT EXISTS (
    SELECT FROM "Reading" r3 JOIN "ReadingCell" c3 ON c3."readingId" = r3.id
    JOIN "Review" v3 ON v3.id = c3."reviewId" AND v3."withdrawnAt" IS NULL
    WHERE r3."doubleReadingId" = r1."doubleReadingId" AND r3.part = 'THIRD' AND c3."predictionId" = c1."predictionId"
  ) AS open
  FROM "Reading" r1
  JOIN "Reading" r2 ON r2."doubleReadingId" = r1."doubleReadingId" AND r2.part = 'SECOND' AND r2."finishedAt" IS NOT NULL
  JOIN "ReadingCell" c1 ON c1."readingId" = r1.id
  JOIN "ReadingCell" c2 ON c2."readingId" = r2.id AND c2."predictionId" = c1."predictionId"
  JOIN "Review" v1 ON v1.id = c1."reviewId"
  JOIN "Review" v2 ON v2.id = c2."reviewId"
  WHERE r1.part = 'FIRST' AND r1."finishedAt" IS NOT NULL
    AND (v1.verdict <> v2.verdict OR (v1.verdict = 'LABEL' AND (v1.label <> v2.label OR ${differInDecisiveType}))))`;
