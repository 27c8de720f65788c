-- What the erasure of a case leaves behind and needs. Written by hand; docs/decisions/0034-recorded-erasure.md.

-- Images whose rows were erased. The object is deleted afterwards, by a job, and "deletedAt" is set then.
CREATE TABLE "ErasedImage" (
    "sha256" TEXT NOT NULL,
    "erasedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),
    "deletedAt" TIMESTAMPTZ(3),

    CONSTRAINT "ErasedImage_pkey" PRIMARY KEY ("sha256")
);
CREATE INDEX "ErasedImage_waiting" ON "ErasedImage"("sha256") WHERE "deletedAt" IS NULL;

-- An image that is sent again must not lose its object to the job: its row in "ErasedImage" is removed first, and
-- until then it gets no row. The trigger runs after the statement, so it sees an erasure that the statement has waited for.
CREATE FUNCTION refuse_erased_image() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  erased TEXT;
BEGIN
  SELECT stored."sha256" INTO erased FROM stored JOIN "ErasedImage" USING ("sha256") LIMIT 1;
  IF erased IS NOT NULL THEN
    RAISE EXCEPTION 'The image % was erased. Store its bytes again, and remove its row from "ErasedImage", before "Image" gets a row.', erased
      USING ERRCODE = 'check_violation', CONSTRAINT = 'Image_is_not_erased', TABLE = 'Image';
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER "Image_is_not_erased" AFTER INSERT ON "Image" REFERENCING NEW TABLE AS stored
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_erased_image();
ALTER TABLE "Image" ENABLE ALWAYS TRIGGER "Image_is_not_erased";

-- Deleting a prediction looks for those that repeat it.
CREATE INDEX "Prediction_repeats" ON "Prediction"("repeatOfId") WHERE "repeatOfId" IS NOT NULL;

-- A bulk classification of an erased case stays, without its source, files and results.
ALTER TABLE "BulkClassification" ADD COLUMN "erasedAt" TIMESTAMPTZ(3);
