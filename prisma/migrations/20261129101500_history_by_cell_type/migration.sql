-- The history of one cell type, like that of one user or site: each kind of prediction is a sorted stream (docs/decisions/0019).
-- Predictions without a named type are not in it. Predictions of versions from before cell types have none, so the indexes are
-- small when they are made. Postgres reads the whole table for each of them, and no prediction is recorded meanwhile.
CREATE INDEX "Prediction_type_by_time" ON "Prediction"
  ("cellType", "modelVersionId", "label", "outcome", "reviewed", "createdAt", "id", "confidence") WHERE "cellType" IS NOT NULL;
CREATE INDEX "Prediction_type_by_confidence" ON "Prediction"
  ("cellType", "modelVersionId", "label", "outcome", "reviewed", "confidence", "id", "createdAt") WHERE "cellType" IS NOT NULL;
