-- The history of one user or case by cell type: the indexes of both get the type, so that predictions of other types are passed over without
-- reading the table (docs/decisions/0019). Postgres reads the whole table for each of them, and no prediction is recorded meanwhile.

-- DropIndex
DROP INDEX "Prediction_user_by_time";

-- DropIndex
DROP INDEX "Prediction_user_by_confidence";

-- CreateIndex
CREATE INDEX "Prediction_user_by_time" ON "Prediction"("createdById", "modelVersionId", "label", "outcome", "reviewed", "createdAt", "id", "confidence", "cellType");

-- CreateIndex
CREATE INDEX "Prediction_user_by_confidence" ON "Prediction"("createdById", "modelVersionId", "label", "outcome", "reviewed", "confidence", "id", "createdAt", "cellType");

-- By hand: those of one case.
DROP INDEX "Prediction_case_by_time";
CREATE INDEX "Prediction_case_by_time" ON "Prediction"
  ("caseReference", "modelVersionId", "label", "outcome", "reviewed", "createdAt", "id", "confidence", "createdById", "cellType")
  WHERE "caseReference" IS NOT NULL;
DROP INDEX "Prediction_case_by_confidence";
CREATE INDEX "Prediction_case_by_confidence" ON "Prediction"
  ("caseReference", "modelVersionId", "label", "outcome", "reviewed", "confidence", "id", "createdAt", "createdById", "cellType")
  WHERE "caseReference" IS NOT NULL;
