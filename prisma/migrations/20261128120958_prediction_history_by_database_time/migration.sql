-- DropIndex
DROP INDEX "Prediction_by_time";

-- DropIndex
DROP INDEX "Prediction_image_by_time";

-- DropIndex
DROP INDEX "Prediction_user_by_time";

-- AlterTable
ALTER TABLE "ApiToken" ALTER COLUMN "createdAt" SET DEFAULT transaction_timestamp();

-- AlterTable
ALTER TABLE "AuditEvent" ALTER COLUMN "createdAt" SET DEFAULT transaction_timestamp();

-- AlterTable
ALTER TABLE "BulkClassification" ALTER COLUMN "createdAt" SET DEFAULT transaction_timestamp();

-- AlterTable
ALTER TABLE "DatasetSnapshot" ALTER COLUMN "createdAt" SET DEFAULT transaction_timestamp();

-- AlterTable
ALTER TABLE "Evaluation" ALTER COLUMN "createdAt" SET DEFAULT transaction_timestamp();

-- AlterTable
ALTER TABLE "Image" ALTER COLUMN "createdAt" SET DEFAULT transaction_timestamp();

-- AlterTable
ALTER TABLE "Model" ALTER COLUMN "createdAt" SET DEFAULT transaction_timestamp();

-- AlterTable
ALTER TABLE "ModelVersion" ALTER COLUMN "createdAt" SET DEFAULT transaction_timestamp();

-- AlterTable
ALTER TABLE "Prediction" ALTER COLUMN "createdAt" SET DEFAULT transaction_timestamp();

-- AlterTable
ALTER TABLE "Promotion" ALTER COLUMN "createdAt" SET DEFAULT transaction_timestamp();

-- AlterTable
ALTER TABLE "PromotionApproval" ALTER COLUMN "createdAt" SET DEFAULT transaction_timestamp();

-- AlterTable
ALTER TABLE "ReplicaState" ALTER COLUMN "seenAt" SET DEFAULT transaction_timestamp();

-- AlterTable
ALTER TABLE "Review" ALTER COLUMN "createdAt" SET DEFAULT transaction_timestamp();

-- AlterTable
ALTER TABLE "Session" ALTER COLUMN "createdAt" SET DEFAULT transaction_timestamp();

-- AlterTable
ALTER TABLE "ShadowAnswer" ALTER COLUMN "createdAt" SET DEFAULT transaction_timestamp();

-- AlterTable
ALTER TABLE "TrainingRun" ALTER COLUMN "createdAt" SET DEFAULT transaction_timestamp();

-- AlterTable
ALTER TABLE "TrainingSchedule" ALTER COLUMN "createdAt" SET DEFAULT transaction_timestamp();

-- AlterTable
ALTER TABLE "User" ALTER COLUMN "createdAt" SET DEFAULT transaction_timestamp();

-- CreateIndex
CREATE INDEX "Prediction_createdAt_id_idx" ON "Prediction"("createdAt", "id");

-- CreateIndex
CREATE INDEX "Prediction_image_by_time" ON "Prediction"("imageSha256", "createdAt", "id", "confidence", "modelVersionId", "label", "outcome", "reviewed", "createdById", "caseReference");

-- CreateIndex
CREATE INDEX "Prediction_by_time" ON "Prediction"("modelVersionId", "label", "outcome", "reviewed", "createdAt", "id", "confidence");

-- CreateIndex
CREATE INDEX "Prediction_user_by_time" ON "Prediction"("createdById", "modelVersionId", "label", "outcome", "reviewed", "createdAt", "id", "confidence");

-- By hand: those of one case.
DROP INDEX "Prediction_case_by_time";
CREATE INDEX "Prediction_case_by_time" ON "Prediction"
  ("caseReference", "modelVersionId", "label", "outcome", "reviewed", "createdAt", "id", "confidence", "createdById")
  WHERE "caseReference" IS NOT NULL;
