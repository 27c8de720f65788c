-- Snapshots of reviewed predictions. Written by hand; docs/decisions/0055-snapshots-of-reviews.md.

ALTER TABLE "DatasetSnapshot" ADD COLUMN "reviewFilter" JSONB;
ALTER TABLE "DatasetSnapshot" ADD CONSTRAINT "DatasetSnapshot_of_reviews_has_filter"
  CHECK (("source" = 'reviews') = ("reviewFilter" IS NOT NULL));

-- The reviews from which an item comes. The foreign keys stop an erasure from leaving an item of a prediction that it removes.
CREATE TABLE "DatasetItemReview" (
    "snapshotId" TEXT NOT NULL,
    "key" TEXT COLLATE "C" NOT NULL,
    "reviewId" TEXT NOT NULL,
    "predictionId" TEXT NOT NULL,

    CONSTRAINT "DatasetItemReview_pkey" PRIMARY KEY ("snapshotId","key","reviewId")
);
CREATE INDEX "DatasetItemReview_reviewId_idx" ON "DatasetItemReview"("reviewId");
CREATE INDEX "DatasetItemReview_predictionId_idx" ON "DatasetItemReview"("predictionId");
ALTER TABLE "DatasetItemReview" ADD CONSTRAINT "DatasetItemReview_snapshotId_key_fkey" FOREIGN KEY ("snapshotId", "key") REFERENCES "DatasetItem"("snapshotId", "key") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "DatasetItemReview" ADD CONSTRAINT "DatasetItemReview_reviewId_fkey" FOREIGN KEY ("reviewId") REFERENCES "Review"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "DatasetItemReview" ADD CONSTRAINT "DatasetItemReview_predictionId_fkey" FOREIGN KEY ("predictionId") REFERENCES "Prediction"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- The items of an erased case leave READY snapshots of reviews. The items of all other snapshots stay.
CREATE OR REPLACE FUNCTION refuse_change_of_ready_items() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  is_of_reviews boolean;
BEGIN
  SELECT "reviewFilter" IS NOT NULL INTO is_of_reviews
  FROM "DatasetSnapshot" WHERE "id" = OLD."snapshotId" AND "status" = 'READY';
  IF FOUND AND NOT (TG_OP = 'DELETE' AND is_of_reviews AND is_recorded_erasure()) THEN
    RAISE EXCEPTION '"%" is immutable: % of an item of a READY snapshot is refused. Make a new snapshot instead.',
      TG_TABLE_NAME, TG_OP USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END
$$;
ALTER FUNCTION refuse_change_of_ready_items() SET search_path = pg_catalog, public, pg_temp;

CREATE TRIGGER "DatasetItemReview_immutable" BEFORE UPDATE OR DELETE ON "DatasetItemReview"
  FOR EACH ROW EXECUTE FUNCTION refuse_change_of_ready_items();
ALTER TABLE "DatasetItemReview" ENABLE ALWAYS TRIGGER "DatasetItemReview_immutable";
CREATE TRIGGER "DatasetItemReview_none_added" AFTER INSERT ON "DatasetItemReview"
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION refuse_items_of_ready_snapshots();
ALTER TABLE "DatasetItemReview" ENABLE ALWAYS TRIGGER "DatasetItemReview_none_added";

-- Like every other trigger that refuses something (20261128214500_rules_for_every_role).
ALTER TABLE "EvaluationAnswers" ENABLE ALWAYS TRIGGER "EvaluationAnswers_append_only";
