-- The rules' messages reach the caller: for the code 'restrict_violation' Prisma puts a message of its own, about foreign
-- keys, in their place.

CREATE OR REPLACE FUNCTION refuse_change_of_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '"%" is append-only: % is refused. What was recorded stays; record a correction beside it.',
    TG_TABLE_NAME, TG_OP USING ERRCODE = 'object_not_in_prerequisite_state';
END
$$;

CREATE OR REPLACE FUNCTION refuse_change_of_digested() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '"%" is immutable: % of what its digest stands for is refused. Make a new version instead.',
    TG_TABLE_NAME, TG_OP USING ERRCODE = 'object_not_in_prerequisite_state';
END
$$;

CREATE OR REPLACE FUNCTION refuse_change_of_ready_items() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM "DatasetSnapshot" WHERE "id" = OLD."snapshotId" AND "status" = 'READY') THEN
    RAISE EXCEPTION '"%" is immutable: % of an item of a READY snapshot is refused. Make a new snapshot instead.',
      TG_TABLE_NAME, TG_OP USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END
$$;

-- A READY snapshot is not deleted: its items would go with it.
CREATE TRIGGER "DatasetSnapshot_ready_stays" BEFORE DELETE ON "DatasetSnapshot" FOR EACH ROW
  WHEN (OLD."status" = 'READY') EXECUTE FUNCTION refuse_change_of_digested();
