import { Prisma } from '../../database/generated/client.js';

/**
 * The part of a query that follows FROM: the cells (`p`) of cases (`c`), each with its version (`v`) and with the newest review that counts
 * (`newest`: verdict, label, cell type; null unless `p.reviewed`).
 */
export const cellsWithNewestReview = Prisma.sql`
  "Case" c
  JOIN "Prediction" p ON p."caseReference" = c.reference AND p."siteId" IS NOT DISTINCT FROM c."siteId"
  JOIN "ModelVersion" v ON v.id = p."modelVersionId"
  LEFT JOIN LATERAL (
    SELECT r.verdict, r.label, r."cellType" FROM "Review" r WHERE p.reviewed AND r."predictionId" = p.id AND r."withdrawnAt" IS NULL
    ORDER BY r."createdAt" DESC, r.id DESC LIMIT 1
  ) AS newest ON true`;
