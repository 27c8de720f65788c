-- Images that were assigned to the wrong case, or to none, are moved to another. Written by hand; docs/decisions/0061-cases.md.
--
-- How to move: in one transaction, insert an event of the action IMAGES_MOVED with the outcome success into "AuditEvent", run
--   SET LOCAL cytograph.move = '<id of that event>';
-- call work_on_case for the new case, and set "caseReference" of predictions and fields. Nothing else of them can change.

CREATE FUNCTION is_recorded_move() RETURNS boolean LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT EXISTS (
    SELECT FROM "AuditEvent"
    WHERE "id" = current_setting('cytograph.move', true) AND "action" = 'IMAGES_MOVED' AND "outcome" = 'success'
      AND "transactionId" = pg_current_xact_id_if_assigned())
$$;

-- Whether the change of a row is a recorded move to a case that exists.
CREATE FUNCTION is_move_to_case(reference text, site_id text) RETURNS boolean LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT is_recorded_move() AND EXISTS (
    SELECT FROM "Case" WHERE "Case"."reference" = is_move_to_case.reference AND "siteId" IS NOT DISTINCT FROM site_id)
$$;

CREATE OR REPLACE FUNCTION refuse_change_of_prediction() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  marked "Prediction"%ROWTYPE := OLD;
  moved "Prediction"%ROWTYPE := OLD;
BEGIN
  marked."reviewed" := EXISTS (SELECT FROM "Review" WHERE "predictionId" = OLD."id");
  moved."caseReference" := NEW."caseReference";
  IF NEW IS NOT DISTINCT FROM moved AND NEW IS DISTINCT FROM OLD AND is_move_to_case(NEW."caseReference", NEW."siteId") THEN
    RETURN NEW;
  END IF;
  IF NEW IS DISTINCT FROM marked AND NEW IS DISTINCT FROM OLD AND NOT is_recorded_erasure() THEN
    RAISE EXCEPTION '"Prediction" is immutable: UPDATE is refused. Only the mark "reviewed" changes, with the first review, and the case in a recorded move. Everything else changes only in a recorded erasure of a case.'
      USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  RETURN NEW;
END
$$;

CREATE FUNCTION refuse_change_of_field() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  moved "Field"%ROWTYPE := OLD;
BEGIN
  moved."caseReference" := NEW."caseReference";
  IF NEW IS DISTINCT FROM OLD AND NOT is_recorded_erasure()
    AND NOT (NEW IS NOT DISTINCT FROM moved AND is_move_to_case(NEW."caseReference", NEW."siteId")) THEN
    RAISE EXCEPTION '"Field" is immutable: UPDATE is refused. Only its case changes, in a recorded move, or a recorded erasure of a case.'
      USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  RETURN NEW;
END
$$;
DROP TRIGGER "Field_append_only" ON "Field";
CREATE TRIGGER "Field_append_only" BEFORE DELETE OR TRUNCATE ON "Field"
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_without_erasure();
CREATE TRIGGER "Field_immutable" BEFORE UPDATE ON "Field" FOR EACH ROW EXECUTE FUNCTION refuse_change_of_field();
ALTER TABLE "Field" ENABLE ALWAYS TRIGGER "Field_append_only";
ALTER TABLE "Field" ENABLE ALWAYS TRIGGER "Field_immutable";

-- Those who follow the history learn of it.
ALTER TYPE "PredictionChangeKind" ADD VALUE 'MOVED';
-- The audit event of a move, which tells the moves of one prediction apart.
ALTER TABLE "PredictionChange" ADD COLUMN "moveId" TEXT;
CREATE FUNCTION record_moved_prediction() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  INSERT INTO "PredictionChange" ("place", "kind", "predictionId", "siteId", "moveId")
  VALUES (place_of_transaction(), 'MOVED', NEW."id", NEW."siteId", current_setting('cytograph.move', true));
  RETURN NULL;
END
$$;
CREATE TRIGGER "Prediction_moved" AFTER UPDATE OF "caseReference" ON "Prediction" FOR EACH ROW
  WHEN (OLD."caseReference" IS DISTINCT FROM NEW."caseReference") EXECUTE FUNCTION record_moved_prediction();
