-- AlterTable
ALTER TABLE "Image" ADD COLUMN     "measurements" JSONB;

-- AlterTable
ALTER TABLE "TrainingRun" ADD COLUMN     "acknowledgedFindings" TEXT[];

-- AlterTable
ALTER TABLE "ValidationFinding" ADD COLUMN     "exampleKeys" TEXT[];
