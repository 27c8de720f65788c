-- DropIndex
DROP INDEX "Prediction_caseReference_id_idx";

-- DropIndex
DROP INDEX "Prediction_createdAt_id_idx";

-- DropIndex
DROP INDEX "Prediction_createdById_id_idx";

-- DropIndex
DROP INDEX "Prediction_imageSha256_id_idx";

-- DropIndex
DROP INDEX "Prediction_label_id_idx";

-- DropIndex
DROP INDEX "Prediction_modelVersionId_id_idx";

-- DropIndex
DROP INDEX "Prediction_outcome_id_idx";

-- AlterTable
ALTER TABLE "Prediction" ADD COLUMN     "reviewed" BOOLEAN NOT NULL DEFAULT false;

-- CreateIndex
CREATE INDEX "Prediction_imageSha256_id_confidence_idx" ON "Prediction"("imageSha256", "id", "confidence");

-- CreateIndex
CREATE INDEX "Prediction_by_time" ON "Prediction"("modelVersionId", "label", "outcome", "reviewed", "id", "confidence", "createdAt");

-- CreateIndex
CREATE INDEX "Prediction_by_confidence" ON "Prediction"("modelVersionId", "label", "outcome", "reviewed", "confidence", "id", "createdAt");

-- CreateIndex
CREATE INDEX "Prediction_user_by_time" ON "Prediction"("createdById", "modelVersionId", "label", "outcome", "reviewed", "id", "confidence", "createdAt");

-- CreateIndex
CREATE INDEX "Prediction_user_by_confidence" ON "Prediction"("createdById", "modelVersionId", "label", "outcome", "reviewed", "confidence", "id", "createdAt");

-- By hand: what Prisma neither writes nor sees.

-- Those of one case. Many predictions have none, and are not in these two.
CREATE INDEX "Prediction_case_by_time" ON "Prediction"
  ("caseReference", "modelVersionId", "label", "outcome", "reviewed", "id", "confidence", "createdAt")
  WHERE "caseReference" IS NOT NULL;
CREATE INDEX "Prediction_case_by_confidence" ON "Prediction"
  ("caseReference", "modelVersionId", "label", "outcome", "reviewed", "confidence", "id", "createdAt")
  WHERE "caseReference" IS NOT NULL;

-- What depends on what: counts that are estimated multiply no shares of what goes together.
CREATE STATISTICS "Prediction_kinds" (mcv, dependencies)
  ON "modelVersionId", "label", "outcome", "reviewed", "createdById" FROM "Prediction";

-- Rows are added and hardly ever changed: by default Postgres would look at them again only after a fifth more, and until
-- then an index alone could not answer.
ALTER TABLE "Prediction" SET (
  autovacuum_vacuum_insert_threshold = 20000, autovacuum_vacuum_insert_scale_factor = 0,
  autovacuum_analyze_threshold = 20000, autovacuum_analyze_scale_factor = 0.01
);

CREATE FUNCTION mark_prediction_reviewed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE "Prediction" SET "reviewed" = TRUE WHERE "id" = NEW."predictionId" AND NOT "reviewed";
  RETURN NULL;
END
$$;

CREATE TRIGGER "Review_marks_prediction" AFTER INSERT ON "Review"
  FOR EACH ROW EXECUTE FUNCTION mark_prediction_reviewed();

UPDATE "Prediction" p SET "reviewed" = TRUE WHERE EXISTS (SELECT FROM "Review" r WHERE r."predictionId" = p."id");
