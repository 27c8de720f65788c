-- How the cells of a case are counted in its differential. Written by hand; docs/decisions/0067-differential.md.

-- The defaults are constants, so Postgres does not write the rows of existing cases.
ALTER TABLE "Case"
  ADD COLUMN "minimumCells" INTEGER NOT NULL DEFAULT 200,
  ADD COLUMN "countBandsSeparately" BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE "Case" ADD CONSTRAINT "Case_minimumCells_check" CHECK ("minimumCells" IN (100, 200, 500)) NOT VALID;

-- What may change besides state and comment, and while the case is open only.
CREATE OR REPLACE FUNCTION refuse_change_of_case() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  changed "Case"%ROWTYPE := OLD;
BEGIN
  changed."state" := NEW."state";
  changed."comment" := NEW."comment";
  changed."minimumCells" := NEW."minimumCells";
  changed."countBandsSeparately" := NEW."countBandsSeparately";
  IF NEW IS DISTINCT FROM changed THEN
    RAISE EXCEPTION 'Only the state, the comment and the rules of the differential of a case change.' USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  IF OLD."state" = 'SIGNED' AND NEW."comment" IS DISTINCT FROM OLD."comment" THEN
    RAISE EXCEPTION 'The comment of a signed case does not change.' USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  IF OLD."state" = 'SIGNED'
    AND (NEW."minimumCells", NEW."countBandsSeparately") IS DISTINCT FROM (OLD."minimumCells", OLD."countBandsSeparately") THEN
    RAISE EXCEPTION 'The rules of the differential of a signed case do not change.' USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  RETURN NEW;
END
$$;
