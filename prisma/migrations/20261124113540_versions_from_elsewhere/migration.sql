-- AlterTable
ALTER TABLE "ModelVersion" ADD COLUMN     "trainedElsewhere" BOOLEAN NOT NULL DEFAULT false;

-- By hand. Where a version is from stays said as it was: its digest does not stand for that.
DROP TRIGGER "ModelVersion_immutable" ON "ModelVersion";
CREATE TRIGGER "ModelVersion_immutable" BEFORE UPDATE ON "ModelVersion" FOR EACH ROW
  WHEN ((OLD."modelId", OLD."version", OLD."digest", OLD."manifest", OLD."classes", OLD."positiveLabel", OLD."inputSize",
         OLD."decisionThreshold", OLD."abstentionBand", OLD."trainingRunId", OLD."datasetSnapshotId", OLD."trainedElsewhere",
         OLD."createdAt", OLD."createdById")
    IS DISTINCT FROM
        (NEW."modelId", NEW."version", NEW."digest", NEW."manifest", NEW."classes", NEW."positiveLabel", NEW."inputSize",
         NEW."decisionThreshold", NEW."abstentionBand", NEW."trainingRunId", NEW."datasetSnapshotId", NEW."trainedElsewhere",
         NEW."createdAt", NEW."createdById"))
  EXECUTE FUNCTION refuse_change_of_digested();
