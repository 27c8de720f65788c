-- AlterTable
ALTER TABLE "Evaluation" ADD COLUMN     "overlap" TEXT;

-- CreateTable
CREATE TABLE "TrainingSchedule" (
    "id" TEXT NOT NULL,
    "modelId" TEXT NOT NULL,
    "datasetName" TEXT NOT NULL,
    "positiveLabel" TEXT NOT NULL,
    "cron" TEXT NOT NULL,
    "enabled" BOOLEAN NOT NULL,
    "parameters" JSONB NOT NULL,
    "acknowledgedFindings" TEXT[],
    "nextRunAt" TIMESTAMPTZ(3),
    "lastTickAt" TIMESTAMPTZ(3),
    "lastOutcome" TEXT,
    "snapshotId" TEXT,
    "lastRunId" TEXT,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "createdById" TEXT,

    CONSTRAINT "TrainingSchedule_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "TrainingSchedule_snapshotId_idx" ON "TrainingSchedule"("snapshotId");

-- CreateIndex
CREATE UNIQUE INDEX "TrainingSchedule_modelId_datasetName_key" ON "TrainingSchedule"("modelId", "datasetName");

-- AddForeignKey
ALTER TABLE "TrainingSchedule" ADD CONSTRAINT "TrainingSchedule_modelId_fkey" FOREIGN KEY ("modelId") REFERENCES "Model"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "TrainingSchedule" ADD CONSTRAINT "TrainingSchedule_snapshotId_fkey" FOREIGN KEY ("snapshotId") REFERENCES "DatasetSnapshot"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "TrainingSchedule" ADD CONSTRAINT "TrainingSchedule_lastRunId_fkey" FOREIGN KEY ("lastRunId") REFERENCES "TrainingRun"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "TrainingSchedule" ADD CONSTRAINT "TrainingSchedule_createdById_fkey" FOREIGN KEY ("createdById") REFERENCES "User"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
