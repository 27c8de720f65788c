-- A READY snapshot gets no further items: its digest would no longer be of all of them. Asked once a statement, for an
-- ingestion inserts by the hundred thousand. The lock makes one that is just becoming READY be waited for.

CREATE FUNCTION refuse_items_of_ready_snapshots() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  found_ready boolean;
BEGIN
  SELECT bool_or("status" = 'READY') INTO found_ready FROM (
    SELECT "status" FROM "DatasetSnapshot" WHERE "id" IN (SELECT "snapshotId" FROM added) FOR SHARE) AS snapshots;
  IF found_ready THEN
    RAISE EXCEPTION '"%" is immutable: % of an item of a READY snapshot is refused. Make a new snapshot instead.',
      TG_TABLE_NAME, TG_OP USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  RETURN NULL;
END
$$;

CREATE TRIGGER "DatasetItem_none_added" AFTER INSERT ON "DatasetItem"
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION refuse_items_of_ready_snapshots();
