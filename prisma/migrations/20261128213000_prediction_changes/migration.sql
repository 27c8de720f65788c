-- Every change of the history of predictions, in an order that a program can follow without missing one. Written by hand;
-- docs/decisions/0037-changes-in-the-order-of-commits.md.

CREATE TYPE "PredictionChangeKind" AS ENUM ('CREATED', 'REVIEWED', 'ERASED');

-- No foreign keys: the change of an erased prediction remains.
CREATE TABLE "PredictionChange" (
    "place" BIGINT NOT NULL,
    "id" BIGINT GENERATED ALWAYS AS IDENTITY NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),
    "kind" "PredictionChangeKind" NOT NULL,
    "predictionId" TEXT NOT NULL,
    "reviewId" TEXT,

    CONSTRAINT "PredictionChange_pkey" PRIMARY KEY ("place", "id"),
    CONSTRAINT "PredictionChange_names_the_review" CHECK (("kind" = 'REVIEWED') = ("reviewId" IS NOT NULL))
);
CREATE INDEX "PredictionChange_predictionId_idx" ON "PredictionChange"("predictionId");

-- What is added to Postgres's transaction ids: 0, or more after the database was restored into another cluster. One row.
CREATE TABLE "PredictionChangeOrder" (
    "id" INTEGER NOT NULL DEFAULT 1,
    "offset" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "PredictionChangeOrder_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "PredictionChangeOrder_is_one_row" CHECK ("id" = 1)
);
INSERT INTO "PredictionChangeOrder" DEFAULT VALUES;

-- The changes so far, oldest first.
INSERT INTO "PredictionChange" ("place", "createdAt", "kind", "predictionId", "reviewId")
SELECT 0, "createdAt", "kind", "predictionId", "reviewId" FROM (
  SELECT "createdAt", 'CREATED'::"PredictionChangeKind" AS "kind", "id" AS "predictionId", NULL AS "reviewId" FROM "Prediction"
  UNION ALL
  SELECT "createdAt", 'REVIEWED', "predictionId", "id" FROM "Review"
) AS so_far ORDER BY "createdAt", "kind", "predictionId", "reviewId";

-- The transaction's place in the order. Where a change has a place that no transaction of this cluster can have yet, the database
-- was restored from another cluster: the order continues after it.
CREATE FUNCTION place_of_transaction() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  newest bigint;
BEGIN
  SELECT "place" INTO newest FROM "PredictionChange" ORDER BY "place" DESC LIMIT 1;
  UPDATE "PredictionChangeOrder"
  SET "offset" = newest + 1 - pg_snapshot_xmin(pg_current_snapshot())::text::bigint
  WHERE newest >= "offset" + greatest(
    pg_snapshot_xmax(pg_current_snapshot())::text::bigint, pg_current_xact_id()::text::bigint + 1);
  RETURN (SELECT "offset" FROM "PredictionChangeOrder") + pg_current_xact_id()::text::bigint;
END
$$;

-- Changes of earlier places than this are complete: each transaction with such a place has ended.
CREATE FUNCTION first_open_place() RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT "offset" + pg_snapshot_xmin(pg_current_snapshot())::text::bigint FROM "PredictionChangeOrder"
$$;

CREATE FUNCTION record_created_predictions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO "PredictionChange" ("place", "kind", "predictionId")
  SELECT place, 'CREATED', "id" FROM changed, place_of_transaction() AS place ORDER BY "id";
  RETURN NULL;
END
$$;
CREATE TRIGGER "Prediction_created" AFTER INSERT ON "Prediction" REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION record_created_predictions();

CREATE FUNCTION record_reviewed_predictions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO "PredictionChange" ("place", "kind", "predictionId", "reviewId")
  SELECT place, 'REVIEWED', "predictionId", "id" FROM changed, place_of_transaction() AS place ORDER BY "id";
  RETURN NULL;
END
$$;
CREATE TRIGGER "Review_created" AFTER INSERT ON "Review" REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION record_reviewed_predictions();

CREATE FUNCTION record_erased_predictions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO "PredictionChange" ("place", "kind", "predictionId")
  SELECT place, 'ERASED', "id" FROM changed, place_of_transaction() AS place ORDER BY "id";
  RETURN NULL;
END
$$;
CREATE TRIGGER "Prediction_erased" AFTER DELETE ON "Prediction" REFERENCING OLD TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION record_erased_predictions();

-- Wakes those who follow the history. Postgres sends it once for each transaction, when it commits.
CREATE FUNCTION notify_changed_predictions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('cytograph', '{"type":"predictions-changed"}');
  RETURN NULL;
END
$$;
CREATE TRIGGER "PredictionChange_notify" AFTER INSERT ON "PredictionChange"
  FOR EACH STATEMENT EXECUTE FUNCTION notify_changed_predictions();

CREATE TRIGGER "PredictionChange_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "PredictionChange"
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_history();
