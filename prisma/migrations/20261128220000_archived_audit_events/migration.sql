-- Sealed audit events may move to the object store. Written by hand; docs/decisions/0039-archived-audit-events.md.

-- One row for each file of the archive: which part of the chain it has. The rows stay.
CREATE TABLE "AuditArchive" (
    "firstPosition" BIGINT NOT NULL,
    "lastPosition" BIGINT NOT NULL,
    "lastSealedAt" TIMESTAMPTZ(3) NOT NULL,
    "lastHash" TEXT NOT NULL,
    "archivedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),

    CONSTRAINT "AuditArchive_pkey" PRIMARY KEY ("firstPosition"),
    CONSTRAINT "AuditArchive_is_not_empty" CHECK ("firstPosition" >= 1 AND "lastPosition" >= "firstPosition")
);
CREATE UNIQUE INDEX "AuditArchive_lastPosition_key" ON "AuditArchive"("lastPosition");
CREATE TRIGGER "AuditArchive_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "AuditArchive"
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_history();
ALTER TABLE "AuditArchive" ENABLE ALWAYS TRIGGER "AuditArchive_append_only";

-- How to remove archived events: in one transaction, insert an event of the action AUDIT_EVENTS_ARCHIVED with the outcome success
-- into "AuditEvent", then run
--   SET LOCAL cytograph.archiving = '<id of that event>';
-- then delete from "AuditSeal" and "AuditEvent". The event must be of the same transaction. UPDATE and TRUNCATE are never allowed.
CREATE FUNCTION is_recorded_archiving() RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (
    SELECT FROM "AuditEvent"
    WHERE "id" = current_setting('cytograph.archiving', true) AND "action" = 'AUDIT_EVENTS_ARCHIVED'
      AND "outcome" = 'success' AND "transactionId" = pg_current_xact_id_if_assigned())
$$;

CREATE FUNCTION refuse_change_of_audit_trail() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND is_recorded_archiving() THEN
    RETURN NULL; -- of a statement's trigger, Postgres ignores the result
  END IF;
  RAISE EXCEPTION '"%" is append-only: % is refused. Only events that were moved to the archive may be deleted, by a recorded transaction.',
    TG_TABLE_NAME, TG_OP USING ERRCODE = 'object_not_in_prerequisite_state';
END
$$;

DROP TRIGGER "AuditEvent_append_only" ON "AuditEvent";
CREATE TRIGGER "AuditEvent_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "AuditEvent"
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_audit_trail();
ALTER TABLE "AuditEvent" ENABLE ALWAYS TRIGGER "AuditEvent_append_only";
DROP TRIGGER "AuditSeal_append_only" ON "AuditSeal";
CREATE TRIGGER "AuditSeal_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "AuditSeal"
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_audit_trail();
ALTER TABLE "AuditSeal" ENABLE ALWAYS TRIGGER "AuditSeal_append_only";

-- Even a recorded transaction removes only what the archive has.
CREATE FUNCTION refuse_removal_of_seals() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  missing BIGINT;
BEGIN
  SELECT min("position") INTO missing FROM removed
  WHERE NOT EXISTS (SELECT FROM "AuditArchive" WHERE "position" BETWEEN "firstPosition" AND "lastPosition");
  IF missing IS NOT NULL THEN
    RAISE EXCEPTION 'The seal at position % is not in "AuditArchive", so it cannot be deleted.', missing
      USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER "AuditSeal_is_archived" AFTER DELETE ON "AuditSeal" REFERENCING OLD TABLE AS removed
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_removal_of_seals();
ALTER TABLE "AuditSeal" ENABLE ALWAYS TRIGGER "AuditSeal_is_archived";

ALTER FUNCTION is_recorded_archiving() SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION refuse_change_of_audit_trail() SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION refuse_removal_of_seals() SET search_path = pg_catalog, public, pg_temp;
