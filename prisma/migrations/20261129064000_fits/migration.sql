-- Fits: jobs that derive a version from another by fitting its decision rules to local cells. Written by hand;
-- docs/decisions/0057.
CREATE TYPE "FitStatus" AS ENUM ('QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED');

CREATE TABLE "Fit" (
    "id" TEXT NOT NULL,
    "status" "FitStatus" NOT NULL,
    "modelVersionId" TEXT NOT NULL,
    "datasetSnapshotId" TEXT,
    "description" TEXT,
    "counts" JSONB NOT NULL,
    "warnings" TEXT[],
    "cellsDigest" TEXT NOT NULL,
    "doneCount" INTEGER NOT NULL DEFAULT 0,
    "figures" JSONB,
    "error" TEXT,
    "fittedVersionId" TEXT,
    "createdById" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),
    "startedAt" TIMESTAMPTZ(3),
    "finishedAt" TIMESTAMPTZ(3),
    "cancelRequestedAt" TIMESTAMPTZ(3),

    CONSTRAINT "Fit_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "Fit_succeeded_has_version" CHECK ("status" <> 'SUCCEEDED' OR ("fittedVersionId" IS NOT NULL AND "figures" IS NOT NULL))
);
CREATE UNIQUE INDEX "Fit_fittedVersionId_key" ON "Fit"("fittedVersionId");
CREATE INDEX "Fit_modelVersionId_id_idx" ON "Fit"("modelVersionId", "id");
CREATE INDEX "Fit_datasetSnapshotId_idx" ON "Fit"("datasetSnapshotId");
CREATE INDEX "Fit_createdById_idx" ON "Fit"("createdById");
ALTER TABLE "Fit" ADD CONSTRAINT "Fit_modelVersionId_fkey" FOREIGN KEY ("modelVersionId") REFERENCES "ModelVersion"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "Fit" ADD CONSTRAINT "Fit_fittedVersionId_fkey" FOREIGN KEY ("fittedVersionId") REFERENCES "ModelVersion"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "Fit" ADD CONSTRAINT "Fit_datasetSnapshotId_fkey" FOREIGN KEY ("datasetSnapshotId") REFERENCES "DatasetSnapshot"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "Fit" ADD CONSTRAINT "Fit_createdById_fkey" FOREIGN KEY ("createdById") REFERENCES "User"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- The reviewed predictions of a fit, with their labels when it was requested. A recorded erasure of a case deletes its predictions,
-- and with them these rows.
CREATE TABLE "FitCell" (
    "fitId" TEXT NOT NULL,
    "predictionId" TEXT NOT NULL,
    "label" TEXT NOT NULL,
    "originalLabel" TEXT NOT NULL,
    "cellType" "CellType",

    CONSTRAINT "FitCell_pkey" PRIMARY KEY ("fitId", "predictionId")
);
CREATE INDEX "FitCell_predictionId_idx" ON "FitCell"("predictionId");
ALTER TABLE "FitCell" ADD CONSTRAINT "FitCell_fitId_fkey" FOREIGN KEY ("fitId") REFERENCES "Fit"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "FitCell" ADD CONSTRAINT "FitCell_predictionId_fkey" FOREIGN KEY ("predictionId") REFERENCES "Prediction"("id") ON DELETE CASCADE ON UPDATE CASCADE;
