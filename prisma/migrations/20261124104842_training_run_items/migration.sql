-- CreateTable
CREATE TABLE "TrainingRunItem" (
    "trainingRunId" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "split" TEXT NOT NULL,

    CONSTRAINT "TrainingRunItem_pkey" PRIMARY KEY ("trainingRunId","key")
);

-- AddForeignKey
ALTER TABLE "TrainingRunItem" ADD CONSTRAINT "TrainingRunItem_trainingRunId_fkey" FOREIGN KEY ("trainingRunId") REFERENCES "TrainingRun"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

CREATE TRIGGER "TrainingRunItem_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "TrainingRunItem"
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_history();
