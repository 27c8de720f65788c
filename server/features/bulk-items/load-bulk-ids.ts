import type { DatabaseOrTransaction } from '../../database/client.js';
import { Prisma } from '../../database/generated/client.js';

/** The id of the bulk classification that made each prediction, for predictions that one made. The caller must have found them for the user. */
export async function loadBulkIdsOfPredictions(
  database: DatabaseOrTransaction,
  predictionIds: readonly string[],
): Promise<Map<string, string>> {
  const rows = await database.$queryRaw<{ id: string; bulkId: string }[]>`
    SELECT p.id, coalesce(single."bulkId", of_field."bulkId") AS "bulkId" FROM "Prediction" p
    LEFT JOIN "BulkItem" AS single ON single."predictionId" = p.id
    LEFT JOIN "BulkItem" AS of_field ON of_field."fieldId" = p."fieldId"
    WHERE p.id = ANY(${[...predictionIds]}) AND (single."bulkId" IS NOT NULL OR of_field."bulkId" IS NOT NULL)`;
  return new Map(rows.map(({ id, bulkId }) => [id, bulkId]));
}

/** A SELECT of the ids of the predictions that a bulk classification made, of single images and of fields. */
export function predictionsOfBulk(bulkId: string): Prisma.Sql {
  return Prisma.sql`
    SELECT b."predictionId" AS id FROM "BulkItem" b WHERE b."bulkId" = ${bulkId} AND b."predictionId" IS NOT NULL
    UNION ALL
    SELECT cell.id FROM "BulkItem" b JOIN "Prediction" cell ON cell."fieldId" = b."fieldId" WHERE b."bulkId" = ${bulkId}`;
}
