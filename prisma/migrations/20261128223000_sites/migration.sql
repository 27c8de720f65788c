-- Sites (wards, laboratories) of users, predictions and bulk classifications. Everything that exists has no site, and every user sees
-- all sites, as before. Written by hand; docs/decisions/0041-sites.md.

CREATE TABLE "Site" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),

    CONSTRAINT "Site_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "Site_name" ON "Site"(lower("name"));

ALTER TABLE "User"
  ADD COLUMN "siteIds" TEXT[] DEFAULT ARRAY[]::TEXT[],
  ADD COLUMN "seesAllSites" BOOLEAN NOT NULL DEFAULT true;

ALTER TABLE "Prediction" ADD COLUMN "siteId" TEXT;
ALTER TABLE "Prediction" ADD CONSTRAINT "Prediction_siteId_fkey"
  FOREIGN KEY ("siteId") REFERENCES "Site"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE "BulkClassification" ADD COLUMN "siteId" TEXT;
ALTER TABLE "BulkClassification" ADD CONSTRAINT "BulkClassification_siteId_fkey"
  FOREIGN KEY ("siteId") REFERENCES "Site"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
CREATE INDEX "BulkClassification_siteId_id_idx" ON "BulkClassification"("siteId", "id");

-- The history of one site, like that of one user: each kind of prediction is a sorted stream (docs/decisions/0019). Predictions
-- without a site are not in it, so an installation without sites pays nothing.
CREATE INDEX "Prediction_site_by_time" ON "Prediction"
  ("siteId", "modelVersionId", "label", "outcome", "reviewed", "createdAt", "id", "confidence") WHERE "siteId" IS NOT NULL;
CREATE INDEX "Prediction_site_by_confidence" ON "Prediction"
  ("siteId", "modelVersionId", "label", "outcome", "reviewed", "confidence", "id", "createdAt") WHERE "siteId" IS NOT NULL;

-- The changes of one site, in the order of all changes.
ALTER TABLE "PredictionChange" ADD COLUMN "siteId" TEXT;
CREATE INDEX "PredictionChange_of_site" ON "PredictionChange"("siteId", "place", "id") WHERE "siteId" IS NOT NULL;

CREATE OR REPLACE FUNCTION record_created_predictions() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  INSERT INTO "PredictionChange" ("place", "kind", "predictionId", "siteId")
  SELECT place, 'CREATED', "id", "siteId" FROM changed, place_of_transaction() AS place ORDER BY "id";
  RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION record_reviewed_predictions() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  INSERT INTO "PredictionChange" ("place", "kind", "predictionId", "reviewId", "siteId")
  SELECT place, 'REVIEWED', prediction."id", changed."id", prediction."siteId"
  FROM changed JOIN "Prediction" AS prediction ON prediction."id" = changed."predictionId", place_of_transaction() AS place
  ORDER BY changed."id";
  RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION record_erased_predictions() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  INSERT INTO "PredictionChange" ("place", "kind", "predictionId", "siteId")
  SELECT place, 'ERASED', "id", "siteId" FROM changed, place_of_transaction() AS place ORDER BY "id";
  RETURN NULL;
END
$$;
