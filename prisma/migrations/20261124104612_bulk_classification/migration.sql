-- CreateEnum
CREATE TYPE "BulkClassificationStatus" AS ENUM ('QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED');

-- CreateTable
CREATE TABLE "BulkClassification" (
    "id" TEXT NOT NULL,
    "status" "BulkClassificationStatus" NOT NULL,
    "source" TEXT NOT NULL,
    "modelVersionId" TEXT NOT NULL,
    "caseReference" TEXT,
    "itemCount" INTEGER,
    "doneCount" INTEGER NOT NULL DEFAULT 0,
    "failedCount" INTEGER NOT NULL DEFAULT 0,
    "error" TEXT,
    "cancelRequestedAt" TIMESTAMPTZ(3),
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "startedAt" TIMESTAMPTZ(3),
    "finishedAt" TIMESTAMPTZ(3),
    "createdById" TEXT NOT NULL,

    CONSTRAINT "BulkClassification_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "BulkItem" (
    "bulkId" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "predictionId" TEXT,
    "error" TEXT,

    CONSTRAINT "BulkItem_pkey" PRIMARY KEY ("bulkId","key")
);

-- CreateIndex
CREATE INDEX "BulkClassification_modelVersionId_idx" ON "BulkClassification"("modelVersionId");

-- CreateIndex
CREATE INDEX "BulkClassification_createdById_idx" ON "BulkClassification"("createdById");

-- CreateIndex
CREATE UNIQUE INDEX "BulkItem_predictionId_key" ON "BulkItem"("predictionId");

-- CreateIndex
CREATE INDEX "BulkItem_bulkId_predictionId_idx" ON "BulkItem"("bulkId", "predictionId");

-- AddForeignKey
ALTER TABLE "BulkClassification" ADD CONSTRAINT "BulkClassification_modelVersionId_fkey" FOREIGN KEY ("modelVersionId") REFERENCES "ModelVersion"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "BulkClassification" ADD CONSTRAINT "BulkClassification_createdById_fkey" FOREIGN KEY ("createdById") REFERENCES "User"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "BulkItem" ADD CONSTRAINT "BulkItem_bulkId_fkey" FOREIGN KEY ("bulkId") REFERENCES "BulkClassification"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "BulkItem" ADD CONSTRAINT "BulkItem_predictionId_fkey" FOREIGN KEY ("predictionId") REFERENCES "Prediction"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- By hand.
ALTER TABLE "BulkItem"
  ADD CONSTRAINT "BulkItem_has_prediction_or_error" CHECK (num_nonnulls("predictionId", "error") = 1);
ALTER TABLE "BulkClassification"
  ADD CONSTRAINT "BulkClassification_counts_not_negative" CHECK ("doneCount" >= 0 AND "failedCount" >= 0);
