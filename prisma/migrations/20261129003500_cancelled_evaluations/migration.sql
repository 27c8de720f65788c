-- Evaluations are cancelled like other jobs. The new value is not used here, because Postgres allows that only after the
-- transaction that adds it.
ALTER TYPE "EvaluationStatus" ADD VALUE 'CANCELLED';

ALTER TABLE "Evaluation" ADD COLUMN     "cancelRequestedAt" TIMESTAMPTZ(3);
