-- AlterTable
ALTER TABLE "Evaluation" ADD COLUMN     "startedAt" TIMESTAMPTZ(3),
ADD COLUMN     "finishedAt" TIMESTAMPTZ(3);

-- CreateTable
CREATE TABLE "JobAttempt" (
    "jobId" TEXT NOT NULL,
    "firstAttempt" INTEGER NOT NULL,
    "progress" INTEGER NOT NULL,

    CONSTRAINT "JobAttempt_pkey" PRIMARY KEY ("jobId")
);
