-- Whole fields: pictures with several cells, each cell a prediction with its region. Written by hand;
-- docs/decisions/0052-fields.md.

CREATE TABLE "Field" (
    "id" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),
    "createdById" TEXT,
    "siteId" TEXT,
    "caseReference" TEXT,
    "fileName" TEXT,
    "imageSha256" TEXT NOT NULL,
    "modelVersionId" TEXT NOT NULL,
    "scale" JSONB,
    "leftOut" JSONB NOT NULL,
    "qualityWarnings" TEXT[],

    CONSTRAINT "Field_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "Field_imageSha256_idx" ON "Field"("imageSha256");
CREATE INDEX "Field_modelVersionId_idx" ON "Field"("modelVersionId");
CREATE INDEX "Field_createdById_idx" ON "Field"("createdById");
CREATE INDEX "Field_siteId_idx" ON "Field"("siteId");
CREATE INDEX "Field_caseReference" ON "Field"("caseReference") WHERE "caseReference" IS NOT NULL;
ALTER TABLE "Field" ADD CONSTRAINT "Field_imageSha256_fkey" FOREIGN KEY ("imageSha256") REFERENCES "Image"("sha256") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "Field" ADD CONSTRAINT "Field_modelVersionId_fkey" FOREIGN KEY ("modelVersionId") REFERENCES "ModelVersion"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "Field" ADD CONSTRAINT "Field_createdById_fkey" FOREIGN KEY ("createdById") REFERENCES "User"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "Field" ADD CONSTRAINT "Field_siteId_fkey" FOREIGN KEY ("siteId") REFERENCES "Site"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- Like predictions, fields change only in a recorded erasure.
CREATE TRIGGER "Field_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "Field"
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_without_erasure();
ALTER TABLE "Field" ENABLE ALWAYS TRIGGER "Field_append_only";

-- An empty region means the whole image, so that regions can be compared with "=" and indexed.
ALTER TABLE "Prediction"
  ADD COLUMN "fieldId" TEXT,
  ADD COLUMN "region" INTEGER[] NOT NULL DEFAULT ARRAY[]::INTEGER[],
  ADD COLUMN "frame" INTEGER[] NOT NULL DEFAULT ARRAY[]::INTEGER[];
ALTER TABLE "Prediction"
  ADD CONSTRAINT "Prediction_fieldId_fkey" FOREIGN KEY ("fieldId") REFERENCES "Field"("id") ON DELETE RESTRICT ON UPDATE CASCADE,
  ADD CONSTRAINT "Prediction_region_is_a_box" CHECK (cardinality("region") IN (0, 4)),
  ADD CONSTRAINT "Prediction_frame_is_a_box" CHECK (cardinality("frame") IN (0, 4)),
  ADD CONSTRAINT "Prediction_of_field_has_region" CHECK (("fieldId" IS NULL) = (cardinality("region") = 0));
CREATE INDEX "Prediction_of_field" ON "Prediction"("fieldId", "id") WHERE "fieldId" IS NOT NULL;

-- The answer that a repeat gets is that of the same region.
DROP INDEX "Prediction_first_answer";
CREATE INDEX "Prediction_first_answer" ON "Prediction"("imageSha256", "modelVersionId", "region") WHERE "repeatOfId" IS NULL;

-- A file of a folder has a prediction, a field, or an error.
ALTER TABLE "BulkItem" ADD COLUMN "fieldId" TEXT;
CREATE UNIQUE INDEX "BulkItem_fieldId_key" ON "BulkItem"("fieldId");
ALTER TABLE "BulkItem"
  ADD CONSTRAINT "BulkItem_fieldId_fkey" FOREIGN KEY ("fieldId") REFERENCES "Field"("id") ON DELETE RESTRICT ON UPDATE CASCADE,
  DROP CONSTRAINT "BulkItem_has_prediction_or_error",
  ADD CONSTRAINT "BulkItem_has_result_or_error" CHECK (num_nonnulls("predictionId", "fieldId", "error") = 1);
