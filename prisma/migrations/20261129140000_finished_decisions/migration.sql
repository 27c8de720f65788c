-- A withdrawal waits for a reading that is being finished, so that it does not take back a decision of a finished reading. Written by hand.

CREATE OR REPLACE FUNCTION take_back_decisions() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM FROM "Reading" WHERE "id" IN (
    SELECT cell."readingId" FROM changed JOIN "ReadingCell" AS cell ON cell."reviewId" = changed."id"
  ) ORDER BY "id" FOR SHARE;
  UPDATE "ReadingCell" AS cell SET "reviewId" = NULL
  FROM changed, "Reading" AS reading
  WHERE cell."reviewId" = changed."id" AND reading."id" = cell."readingId" AND reading."finishedAt" IS NULL;
  RETURN NULL;
END
$$;

-- Added by 20261129131000_differential without a check of the rows; in a later transaction this does not keep readers out.
ALTER TABLE "Case" VALIDATE CONSTRAINT "Case_minimumCells_check";
