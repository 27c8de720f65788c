-- Readings: lists of cells that one person reads, alone or as one of two readers. Written by hand; docs/decisions/0068-readings.md.

CREATE TABLE "DoubleReading" (
    "id" TEXT NOT NULL,
    "caseId" TEXT NOT NULL,
    "createdById" TEXT NOT NULL,
    "thirdReaderId" TEXT,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),

    CONSTRAINT "DoubleReading_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "DoubleReading_caseId_idx" ON "DoubleReading"("caseId");
CREATE INDEX "DoubleReading_createdById_idx" ON "DoubleReading"("createdById");
CREATE INDEX "DoubleReading_thirdReaderId_idx" ON "DoubleReading"("thirdReaderId");
-- A recorded erasure of a case deletes its row, and with it its readings.
ALTER TABLE "DoubleReading" ADD CONSTRAINT "DoubleReading_caseId_fkey" FOREIGN KEY ("caseId") REFERENCES "Case"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "DoubleReading" ADD CONSTRAINT "DoubleReading_createdById_fkey" FOREIGN KEY ("createdById") REFERENCES "User"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "DoubleReading" ADD CONSTRAINT "DoubleReading_thirdReaderId_fkey" FOREIGN KEY ("thirdReaderId") REFERENCES "User"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

CREATE TYPE "ReadingPart" AS ENUM ('FIRST', 'SECOND', 'THIRD');

CREATE TABLE "Reading" (
    "id" TEXT NOT NULL,
    "readerId" TEXT NOT NULL,
    "createdById" TEXT NOT NULL,
    "caseId" TEXT,
    "blind" BOOLEAN NOT NULL,
    "origin" "ReviewOrigin" NOT NULL,
    "doubleReadingId" TEXT,
    "part" "ReadingPart",
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),
    "finishedAt" TIMESTAMPTZ(3),

    CONSTRAINT "Reading_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "Reading_part_of_double_reading" CHECK (("doubleReadingId" IS NULL) = ("part" IS NULL)),
    CONSTRAINT "Reading_parts_are_blind" CHECK ("part" IS NULL OR "blind")
);
CREATE INDEX "Reading_readerId_createdAt_idx" ON "Reading"("readerId", "createdAt");
CREATE INDEX "Reading_createdById_idx" ON "Reading"("createdById");
CREATE INDEX "Reading_caseId_idx" ON "Reading"("caseId");
CREATE INDEX "Reading_doubleReadingId_idx" ON "Reading"("doubleReadingId");
-- A double reading has one first and one second reader.
CREATE UNIQUE INDEX "Reading_one_of_each" ON "Reading"("doubleReadingId", "part") WHERE "part" <> 'THIRD';
-- The finished blind readings, for the agreement in a time.
CREATE INDEX "Reading_finished" ON "Reading"("finishedAt") WHERE "blind";
-- The open blind readings of a reader, which every answer that somebody reads is looked up in.
CREATE INDEX "Reading_open_blind" ON "Reading"("readerId") WHERE "blind" AND "finishedAt" IS NULL;
ALTER TABLE "Reading" ADD CONSTRAINT "Reading_readerId_fkey" FOREIGN KEY ("readerId") REFERENCES "User"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "Reading" ADD CONSTRAINT "Reading_createdById_fkey" FOREIGN KEY ("createdById") REFERENCES "User"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "Reading" ADD CONSTRAINT "Reading_caseId_fkey" FOREIGN KEY ("caseId") REFERENCES "Case"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "Reading" ADD CONSTRAINT "Reading_doubleReadingId_fkey" FOREIGN KEY ("doubleReadingId") REFERENCES "DoubleReading"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- A recorded erasure of a case deletes its predictions, and with them the rows.
CREATE TABLE "ReadingCell" (
    "readingId" TEXT NOT NULL,
    "place" INTEGER NOT NULL,
    "predictionId" TEXT NOT NULL,
    "reviewId" TEXT,
    "answerSeenAt" TIMESTAMPTZ(3),

    CONSTRAINT "ReadingCell_pkey" PRIMARY KEY ("readingId", "place")
);
CREATE UNIQUE INDEX "ReadingCell_readingId_predictionId_key" ON "ReadingCell"("readingId", "predictionId");
CREATE INDEX "ReadingCell_predictionId_idx" ON "ReadingCell"("predictionId");
CREATE INDEX "ReadingCell_reviewId_idx" ON "ReadingCell"("reviewId");
ALTER TABLE "ReadingCell" ADD CONSTRAINT "ReadingCell_readingId_fkey" FOREIGN KEY ("readingId") REFERENCES "Reading"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "ReadingCell" ADD CONSTRAINT "ReadingCell_predictionId_fkey" FOREIGN KEY ("predictionId") REFERENCES "Prediction"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "ReadingCell" ADD CONSTRAINT "ReadingCell_reviewId_fkey" FOREIGN KEY ("reviewId") REFERENCES "Review"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- A review that is withdrawn is no decision of an open reading any more. What was decided in a finished reading stays.
CREATE FUNCTION take_back_decisions() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  UPDATE "ReadingCell" AS cell SET "reviewId" = NULL
  FROM changed, "Reading" AS reading
  WHERE cell."reviewId" = changed."id" AND reading."id" = cell."readingId" AND reading."finishedAt" IS NULL;
  RETURN NULL;
END
$$;
CREATE TRIGGER "Review_withdrawn_in_reading" AFTER UPDATE ON "Review" REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION take_back_decisions();
