-- A webhook that reports failed runs reports failed fits and evaluations too. `kind` says what failed.
CREATE OR REPLACE FUNCTION announce_failed_run() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM announce_event('RUN_FAILED', jsonb_build_object(
    'kind', 'TRAINING_RUN',
    'trainingRunId', NEW."id",
    'modelName', (SELECT "name" FROM "Model" WHERE "id" = NEW."modelId")));
  RETURN NULL;
END
$$;
ALTER FUNCTION announce_failed_run() SET search_path = pg_catalog, public, pg_temp;

-- For a table with "modelVersionId". The arguments of the trigger are the kind, and the name of the id in the message.
CREATE FUNCTION announce_failed_job() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM announce_event('RUN_FAILED', jsonb_build_object(
    'kind', TG_ARGV[0],
    TG_ARGV[1], NEW."id",
    'modelVersionId', NEW."modelVersionId",
    'modelName', (
      SELECT model."name" FROM "Model" AS model JOIN "ModelVersion" AS version ON version."modelId" = model."id"
      WHERE version."id" = NEW."modelVersionId")));
  RETURN NULL;
END
$$;
ALTER FUNCTION announce_failed_job() SET search_path = pg_catalog, public, pg_temp;
CREATE TRIGGER "Fit_failure_announced" AFTER UPDATE ON "Fit"
  FOR EACH ROW WHEN (NEW."status" = 'FAILED' AND OLD."status" <> 'FAILED')
  EXECUTE FUNCTION announce_failed_job('FIT', 'fitId');
CREATE TRIGGER "Evaluation_failure_announced" AFTER UPDATE ON "Evaluation"
  FOR EACH ROW WHEN (NEW."status" = 'FAILED' AND OLD."status" <> 'FAILED')
  EXECUTE FUNCTION announce_failed_job('EVALUATION', 'evaluationId');
