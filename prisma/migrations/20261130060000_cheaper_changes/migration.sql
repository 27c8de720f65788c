-- The place of a change, and the event that wakes followers, for less work of each transaction that records predictions. Written by
-- hand; docs/decisions/0079-what-recording-an-image-costs.md.

-- As before, but the offset is only updated if it must be: an UPDATE costs as much when it finds nothing to do.
CREATE OR REPLACE FUNCTION place_of_transaction() RETURNS bigint LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  own constant bigint := pg_current_xact_id()::text::bigint;
  newest bigint;
  added bigint;
BEGIN
  SELECT "offset", (SELECT "place" FROM "PredictionChange" ORDER BY "place" DESC LIMIT 1)
  INTO added, newest FROM "PredictionChangeOrder";
  IF newest >= added + greatest(pg_snapshot_xmax(pg_current_snapshot())::text::bigint, own + 1) THEN
    UPDATE "PredictionChangeOrder"
    SET "offset" = newest + 1 - pg_snapshot_xmin(pg_current_snapshot())::text::bigint
    WHERE newest >= "offset" + greatest(pg_snapshot_xmax(pg_current_snapshot())::text::bigint, own + 1);
    SELECT "offset" INTO added FROM "PredictionChangeOrder";
  END IF;
  RETURN added + own;
END
$$;

-- Called once, outside the statement: as a part of it, the call takes two more steps of a plan.
CREATE OR REPLACE FUNCTION record_created_predictions() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  own_place constant bigint := place_of_transaction();
BEGIN
  INSERT INTO "PredictionChange" ("place", "kind", "predictionId", "siteId")
  SELECT own_place, 'CREATED', "id", "siteId" FROM changed ORDER BY "id";
  RETURN NULL;
END
$$;

-- Wakes those who follow the history, at most once in 100 ms for each session: after an event they look again by themselves, first
-- after 20, 60 and 140 ms and then at least every second. Postgres takes the setting back if the transaction is rolled back.
CREATE OR REPLACE FUNCTION notify_changed_predictions() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  seconds constant float8 := date_part('epoch', clock_timestamp());
BEGIN
  IF seconds - nullif(current_setting('cytograph.notified_at', true), '')::float8 BETWEEN 0 AND 0.1 THEN
    RETURN NULL;
  END IF;
  PERFORM set_config('cytograph.notified_at', seconds::text, false), pg_notify('cytograph', '{"type":"predictions-changed"}');
  RETURN NULL;
END
$$;
