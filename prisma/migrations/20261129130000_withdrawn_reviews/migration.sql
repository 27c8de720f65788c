-- A reviewer takes back a review: it stays recorded, and no longer counts. Written by hand; docs/decisions/0066-withdrawn-reviews.md.

ALTER TABLE "Review" ADD COLUMN "withdrawnAt" TIMESTAMPTZ(3);
CREATE INDEX "Review_withdrawn" ON "Review"("predictionId") WHERE "withdrawnAt" IS NOT NULL;

-- A review is withdrawn once, now. Nothing else of it changes.
CREATE FUNCTION refuse_change_of_review() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  withdrawn "Review"%ROWTYPE := OLD;
BEGIN
  withdrawn."withdrawnAt" := transaction_timestamp()::timestamptz(3);
  IF NOT (OLD."withdrawnAt" IS NULL AND NEW IS NOT DISTINCT FROM withdrawn) AND NOT is_recorded_erasure() THEN
    RAISE EXCEPTION '"Review" is append-only: UPDATE is refused. It can only be withdrawn, once. Everything else changes only in a recorded erasure of a case.'
      USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  RETURN NEW;
END
$$;
DROP TRIGGER "Review_append_only" ON "Review";
CREATE TRIGGER "Review_append_only" BEFORE DELETE OR TRUNCATE ON "Review"
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_without_erasure();
CREATE TRIGGER "Review_immutable" BEFORE UPDATE ON "Review" FOR EACH ROW EXECUTE FUNCTION refuse_change_of_review();
-- For superusers too who set session_replication_role.
ALTER TABLE "Review" ENABLE ALWAYS TRIGGER "Review_append_only";
ALTER TABLE "Review" ENABLE ALWAYS TRIGGER "Review_immutable";

-- The mark says whether the prediction has a review that counts.
CREATE OR REPLACE FUNCTION refuse_change_of_prediction() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  marked "Prediction"%ROWTYPE := OLD;
  moved "Prediction"%ROWTYPE := OLD;
BEGIN
  marked."reviewed" := EXISTS (SELECT FROM "Review" WHERE "predictionId" = OLD."id" AND "withdrawnAt" IS NULL);
  moved."caseReference" := NEW."caseReference";
  IF NEW IS NOT DISTINCT FROM moved AND NEW IS DISTINCT FROM OLD AND is_move_to_case(NEW."caseReference", NEW."siteId") THEN
    RETURN NEW;
  END IF;
  IF NEW IS DISTINCT FROM marked AND NEW IS DISTINCT FROM OLD AND NOT is_recorded_erasure() THEN
    RAISE EXCEPTION '"Prediction" is immutable: UPDATE is refused. Only the mark "reviewed" changes, with its reviews, and the case in a recorded move. Everything else changes only in a recorded erasure of a case.'
      USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  RETURN NEW;
END
$$;

-- Those who follow the history learn of it.
ALTER TYPE "PredictionChangeKind" ADD VALUE 'REVIEW_WITHDRAWN';
-- The new value cannot be named in the transaction that adds it.
ALTER TABLE "PredictionChange" DROP CONSTRAINT "PredictionChange_names_the_review";
ALTER TABLE "PredictionChange" ADD CONSTRAINT "PredictionChange_names_the_review"
  CHECK (("kind" IN ('CREATED', 'MOVED', 'ERASED')) = ("reviewId" IS NULL)) NOT VALID;

-- The locks of the predictions must be held: the code that adds or withdraws a review takes them first.
CREATE FUNCTION record_withdrawn_reviews() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  UPDATE "Prediction" AS prediction SET "reviewed" = FALSE
  WHERE "id" IN (SELECT "predictionId" FROM changed) AND "reviewed"
    AND NOT EXISTS (SELECT FROM "Review" WHERE "predictionId" = prediction."id" AND "withdrawnAt" IS NULL);
  -- The second label that was given with the review, in the same transaction.
  UPDATE "SecondLookCell" AS cell SET "verdict" = NULL, "secondLabel" = NULL, "reviewerId" = NULL, "reviewedAt" = NULL
  FROM changed
  WHERE cell."predictionId" = changed."predictionId" AND cell."reviewerId" = changed."reviewerId"
    AND cell."reviewedAt" = changed."createdAt";
  INSERT INTO "PredictionChange" ("place", "kind", "predictionId", "reviewId", "siteId")
  SELECT place, 'REVIEW_WITHDRAWN', prediction."id", changed."id", prediction."siteId"
  FROM changed JOIN "Prediction" AS prediction ON prediction."id" = changed."predictionId", place_of_transaction() AS place
  ORDER BY changed."id";
  RETURN NULL;
END
$$;
CREATE TRIGGER "Review_withdrawn" AFTER UPDATE ON "Review" REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION record_withdrawn_reviews();
