-- Every rule applies to every session. Written by hand; docs/decisions/0034-recorded-erasure.md.

-- For superusers too who set session_replication_role. The triggers that only record something stay as they are.
DO $$
DECLARE
  rule record;
BEGIN
  FOR rule IN
    SELECT tgname, tgrelid::regclass AS relation FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
    WHERE NOT tgisinternal AND relnamespace = 'public'::regnamespace
      AND tgname NOT IN ('Review_marks_prediction', 'Prediction_created', 'Review_created', 'Prediction_erased', 'PredictionChange_notify')
  LOOP
    EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', rule.relation, rule.tgname);
  END LOOP;
END $$;

-- Without this, a session could put a temporary table in the place of one that a rule reads: pg_temp is searched first by default.
DO $$
DECLARE
  rule regprocedure;
BEGIN
  FOR rule IN
    SELECT DISTINCT tgfoid::regprocedure FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
    WHERE NOT tgisinternal AND relnamespace = 'public'::regnamespace
    UNION SELECT unnest('{is_recorded_erasure(),place_of_transaction(),first_open_place()}'::regprocedure[])
  LOOP
    EXECUTE format('ALTER FUNCTION %s SET search_path = pg_catalog, public, pg_temp', rule);
  END LOOP;
END $$;
