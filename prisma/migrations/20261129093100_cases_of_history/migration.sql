-- The cases of everything that was recorded before, and who worked on them. A separate migration, because the triggers of
-- 20261129093000_cases lock the history until that migration ends, and this one reads all of it: predictions are read and written
-- meanwhile. Only a transaction that names one of these cases waits, and only while the rows are written, at the end.

CREATE TEMPORARY TABLE work ON COMMIT DROP AS
SELECT "reference", "siteId", "userId", min("at") AS "at" FROM (
  SELECT "caseReference" AS "reference", "siteId", "createdById" AS "userId", min("createdAt") AS "at"
  FROM "Prediction" WHERE "caseReference" IS NOT NULL GROUP BY 1, 2, 3
  UNION ALL
  SELECT "caseReference", "siteId", "createdById", min("createdAt")
  FROM "Field" WHERE "caseReference" IS NOT NULL GROUP BY 1, 2, 3
  UNION ALL
  SELECT "caseReference", "siteId", "createdById", min("createdAt")
  FROM "BulkClassification" WHERE "caseReference" IS NOT NULL GROUP BY 1, 2, 3
  UNION ALL
  SELECT prediction."caseReference", prediction."siteId", review."reviewerId", min(review."createdAt")
  FROM "Review" AS review JOIN "Prediction" AS prediction ON prediction."id" = review."predictionId"
  WHERE prediction."caseReference" IS NOT NULL GROUP BY 1, 2, 3
) AS each GROUP BY 1, 2, 3;

INSERT INTO "Case" ("id", "reference", "searchText", "siteId", "createdAt")
SELECT new_case_id(), "reference", lower(normalize("reference", NFC)), "siteId", min("at")
FROM work GROUP BY "reference", "siteId" ORDER BY "reference", "siteId"
ON CONFLICT ("reference", "siteId") DO NOTHING;

INSERT INTO "CaseWorker" ("caseId", "userId", "caseCreatedAt")
SELECT found."id", work."userId", found."createdAt"
FROM work JOIN "Case" AS found ON found."reference" = work."reference" AND found."siteId" IS NOT DISTINCT FROM work."siteId"
WHERE work."userId" IS NOT NULL ORDER BY 1, 2
ON CONFLICT DO NOTHING;
