-- DropIndex
DROP INDEX "Prediction_image_by_time";

-- CreateIndex
CREATE INDEX "Prediction_image_by_time" ON "Prediction"("imageSha256", "id", "confidence", "createdAt", "modelVersionId", "label", "outcome", "reviewed", "createdById", "caseReference");
