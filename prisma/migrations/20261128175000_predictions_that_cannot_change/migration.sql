-- Predictions, what depends on them, and images cannot be changed or removed by SQL, with two exceptions: the mark `reviewed`, and
-- a recorded erasure of a case. Written by hand; docs/decisions/0034-recorded-erasure.md.
--
-- How to erase: in one transaction, insert an event of the action CASE_ERASED with the outcome success into "AuditEvent", then run
--   SET LOCAL cytograph.erasure = '<id of that event>';
-- then remove rows in the order of their foreign keys ("Review", "ShadowAnswer", "BulkItem", "Prediction", "Image").
-- The event must be of the same transaction, so no earlier event allows a further erasure, and none happens without an event.

CREATE FUNCTION is_recorded_erasure() RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (
    SELECT FROM "AuditEvent"
    WHERE "id" = current_setting('cytograph.erasure', true) AND "action" = 'CASE_ERASED' AND "outcome" = 'success'
      AND "transactionId" = pg_current_xact_id_if_assigned())
$$;

CREATE FUNCTION refuse_change_without_erasure() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'TRUNCATE' AND is_recorded_erasure() THEN
    RETURN NULL; -- of a statement's trigger, Postgres ignores the result
  END IF;
  RAISE EXCEPTION '"%" is append-only: % is refused. Record a correction beside the row. Only a recorded erasure of a case may change or remove its rows.',
    TG_TABLE_NAME, TG_OP USING ERRCODE = 'object_not_in_prerequisite_state';
END
$$;

DROP TRIGGER "Review_append_only" ON "Review";
CREATE TRIGGER "Review_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "Review"
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_without_erasure();
DROP TRIGGER "ShadowAnswer_append_only" ON "ShadowAnswer";
CREATE TRIGGER "ShadowAnswer_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "ShadowAnswer"
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_without_erasure();
CREATE TRIGGER "BulkItem_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "BulkItem"
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_without_erasure();
CREATE TRIGGER "Prediction_append_only" BEFORE DELETE OR TRUNCATE ON "Prediction"
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_without_erasure();
CREATE TRIGGER "Image_append_only" BEFORE DELETE OR TRUNCATE ON "Image"
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_without_erasure();

-- The mark says whether the prediction has a review, so it can change only together with its reviews.
CREATE FUNCTION refuse_change_of_prediction() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  marked "Prediction"%ROWTYPE := OLD;
BEGIN
  marked."reviewed" := EXISTS (SELECT FROM "Review" WHERE "predictionId" = OLD."id");
  IF NEW IS DISTINCT FROM marked AND NEW IS DISTINCT FROM OLD AND NOT is_recorded_erasure() THEN
    RAISE EXCEPTION '"Prediction" is immutable: UPDATE is refused. Only the mark "reviewed" changes, with the first review, or a recorded erasure of a case.'
      USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER "Prediction_immutable" BEFORE UPDATE ON "Prediction"
  FOR EACH ROW EXECUTE FUNCTION refuse_change_of_prediction();

-- Measurements of an image are computed from its pixels, and may be computed later.
CREATE FUNCTION refuse_change_of_image() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  measured "Image"%ROWTYPE := OLD;
BEGIN
  measured."measurements" := NEW."measurements";
  IF to_jsonb(NEW) IS DISTINCT FROM to_jsonb(measured) AND NOT is_recorded_erasure() THEN
    RAISE EXCEPTION '"Image" is immutable: UPDATE is refused. Only its measurements may change.'
      USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER "Image_immutable" BEFORE UPDATE ON "Image"
  FOR EACH ROW EXECUTE FUNCTION refuse_change_of_image();

-- For superusers too who set session_replication_role.
ALTER TABLE "Review" ENABLE ALWAYS TRIGGER "Review_append_only";
ALTER TABLE "ShadowAnswer" ENABLE ALWAYS TRIGGER "ShadowAnswer_append_only";
ALTER TABLE "BulkItem" ENABLE ALWAYS TRIGGER "BulkItem_append_only";
ALTER TABLE "Prediction" ENABLE ALWAYS TRIGGER "Prediction_append_only";
ALTER TABLE "Prediction" ENABLE ALWAYS TRIGGER "Prediction_immutable";
ALTER TABLE "Image" ENABLE ALWAYS TRIGGER "Image_append_only";
ALTER TABLE "Image" ENABLE ALWAYS TRIGGER "Image_immutable";
