-- DropIndex
DROP INDEX "Prediction_imageSha256_id_confidence_idx";

-- CreateIndex
CREATE INDEX "Prediction_image_by_time" ON "Prediction"("imageSha256", "id", "confidence", "createdAt", "modelVersionId", "label", "outcome", "reviewed");

-- By hand, as the two that they replace: a case and a user together need no row either.
DROP INDEX "Prediction_case_by_time";
CREATE INDEX "Prediction_case_by_time" ON "Prediction"
  ("caseReference", "modelVersionId", "label", "outcome", "reviewed", "id", "confidence", "createdAt", "createdById")
  WHERE "caseReference" IS NOT NULL;
DROP INDEX "Prediction_case_by_confidence";
CREATE INDEX "Prediction_case_by_confidence" ON "Prediction"
  ("caseReference", "modelVersionId", "label", "outcome", "reviewed", "confidence", "id", "createdAt", "createdById")
  WHERE "caseReference" IS NOT NULL;
