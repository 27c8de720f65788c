import type { DatabaseOrTransaction } from '../../database/client.js';
import { Prisma } from '../../database/generated/client.js';
import type { CaseIdentity } from '../case-identity/find-case-identity.js';

export interface CellsOfCase {
  /** All predictions of the case. */
  count: number;
  /** With at least one review. */
  reviewed: number;
  /** Of all cells together, without those that were withdrawn. */
  reviews: number;
  /** SHA-256 of {@link listCells} as UTF-8, in hexadecimal. */
  digest: string;
}

/** The cells of a case, each with the ids of its reviews. */
function cellsOf({ reference, siteId }: CaseIdentity): Prisma.Sql {
  return Prisma.sql`(
    SELECT p.id, p."imageSha256", r.ids FROM "Prediction" p
    LEFT JOIN LATERAL (
      SELECT array_agg(id ORDER BY id COLLATE "C") AS ids FROM "Review"
      WHERE p.reviewed AND "predictionId" = p.id AND "withdrawnAt" IS NULL
    ) AS r ON true
    WHERE p."caseReference" = ${reference} AND p."siteId" IS NOT DISTINCT FROM ${siteId}
  ) AS cell`;
}

/**
 * One line for each cell, in the order of their ids: the id of the prediction, the SHA-256 of the image, and the ids of the reviews in their
 * order, with a space between; lines end with a line feed except the last.
 */
const lines = Prisma.sql`coalesce(string_agg(
  array_to_string(ARRAY[id, "imageSha256"] || coalesce(ids, '{}'), ' '), E'\n' ORDER BY id COLLATE "C"), '')`;

/** The cells of a case and their reviews, by number and digest, so that a later change is noticed. */
export async function cellsOfCase(database: DatabaseOrTransaction, of: CaseIdentity): Promise<CellsOfCase> {
  const [found] = await database.$queryRaw<CellsOfCase[]>`
    SELECT count(*)::int AS count, count(ids)::int AS reviewed, coalesce(sum(cardinality(ids)), 0)::int AS reviews,
      encode(sha256(convert_to(${lines}, 'UTF8')), 'hex') AS digest
    FROM ${cellsOf(of)}`;
  if (!found) throw new Error('The query for the cells of a case returned no row.');
  return found;
}

/** The list of the cells of a case and their reviews, as text: see {@link lines}. */
export async function listCells(database: DatabaseOrTransaction, of: CaseIdentity): Promise<string> {
  const [found] = await database.$queryRaw<{ list: string }[]>`SELECT ${lines} AS list FROM ${cellsOf(of)}`;
  if (!found) throw new Error('The query for the cells of a case returned no row.');
  return found.list;
}

/** How many cells of a case each model version answered, and how many reviews each user gave, by their ids. */
export async function contributorsOfCase(
  database: DatabaseOrTransaction,
  { reference, siteId }: CaseIdentity,
): Promise<{ versions: Map<string, number>; reviewers: Map<string, number> }> {
  const versions = await database.$queryRaw<{ id: string; count: number }[]>`
    SELECT "modelVersionId" AS id, count(*)::int AS count FROM "Prediction"
    WHERE "caseReference" = ${reference} AND "siteId" IS NOT DISTINCT FROM ${siteId} GROUP BY 1 ORDER BY 2 DESC, 1`;
  const reviewers = await database.$queryRaw<{ id: string; count: number }[]>`
    SELECT r."reviewerId" AS id, count(*)::int AS count FROM "Review" r JOIN "Prediction" p ON p.id = r."predictionId"
    WHERE p."caseReference" = ${reference} AND p."siteId" IS NOT DISTINCT FROM ${siteId} AND p.reviewed AND r."withdrawnAt" IS NULL GROUP BY 1 ORDER BY 2 DESC, 1`;
  const byId = (rows: { id: string; count: number }[]) => new Map(rows.map(({ id, count }) => [id, count]));
  return { versions: byId(versions), reviewers: byId(reviewers) };
}
