-- Cases: what is recorded under one reference at one site. Written by hand; docs/decisions/0061-cases.md.

CREATE TYPE "CaseState" AS ENUM ('OPEN', 'SIGNED');

CREATE TABLE "Case" (
    "id" TEXT NOT NULL,
    "reference" TEXT NOT NULL,
    "searchText" TEXT NOT NULL,
    "siteId" TEXT,
    "state" "CaseState" NOT NULL DEFAULT 'OPEN',
    "comment" TEXT,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),

    CONSTRAINT "Case_pkey" PRIMARY KEY ("id")
);
-- Without a site counts as one site.
CREATE UNIQUE INDEX "Case_reference_of_site" ON "Case"("reference", "siteId") NULLS NOT DISTINCT;
-- The list of cases, newest first. With the other columns, a search reads only the index.
CREATE INDEX "Case_by_time" ON "Case"("createdAt", "id", "siteId", "state", "searchText");
CREATE INDEX "Case_siteId_createdAt_id_idx" ON "Case"("siteId", "createdAt", "id");
ALTER TABLE "Case" ADD CONSTRAINT "Case_siteId_fkey"
  FOREIGN KEY ("siteId") REFERENCES "Site"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- Who worked on which case. "caseCreatedAt" repeats that of the case, which never changes, so that the cases of one user have a
-- sorted index.
CREATE TABLE "CaseWorker" (
    "caseId" TEXT NOT NULL,
    "userId" TEXT NOT NULL,
    "caseCreatedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "CaseWorker_pkey" PRIMARY KEY ("caseId", "userId")
);
CREATE INDEX "CaseWorker_userId_caseCreatedAt_caseId_idx" ON "CaseWorker"("userId", "caseCreatedAt", "caseId");
ALTER TABLE "CaseWorker" ADD CONSTRAINT "CaseWorker_caseId_fkey"
  FOREIGN KEY ("caseId") REFERENCES "Case"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "CaseWorker" ADD CONSTRAINT "CaseWorker_userId_fkey"
  FOREIGN KEY ("userId") REFERENCES "User"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- A new id, such as those that the server makes: a UUIDv7 (RFC 9562) without dashes.
CREATE FUNCTION new_case_id() RETURNS text LANGUAGE sql VOLATILE
SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT 'case_' || lpad(to_hex(floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') || '7' || substr(random, 14, 19)
  FROM replace(gen_random_uuid()::text, '-', '') AS random
$$;

-- Creates the case, unless it exists, and records that the user works on it. The lock keeps an erasure from removing the row before the
-- transaction ends. Several cases of one transaction must be in the order of reference, site and user, so that transactions cannot deadlock.
CREATE FUNCTION work_on_case(case_reference text, site_id text, worker_id text) RETURNS void LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  case_id text;
  created timestamptz;
BEGIN
  LOOP
    SELECT "id", "createdAt" INTO case_id, created FROM "Case"
    WHERE "reference" = case_reference AND "siteId" IS NOT DISTINCT FROM site_id FOR KEY SHARE;
    EXIT WHEN FOUND;
    INSERT INTO "Case" ("id", "reference", "searchText", "siteId")
    VALUES (new_case_id(), case_reference, lower(normalize(case_reference, NFC)), site_id) ON CONFLICT ("reference", "siteId") DO NOTHING;
  END LOOP;
  IF worker_id IS NOT NULL THEN
    INSERT INTO "CaseWorker" ("caseId", "userId", "caseCreatedAt") VALUES (case_id, worker_id, created) ON CONFLICT DO NOTHING;
  END IF;
END
$$;

CREATE FUNCTION record_named_cases() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  named record;
BEGIN
  FOR named IN
    SELECT DISTINCT "caseReference", "siteId", "createdById" FROM changed WHERE "caseReference" IS NOT NULL ORDER BY 1, 2, 3
  LOOP
    PERFORM work_on_case(named."caseReference", named."siteId", named."createdById");
  END LOOP;
  RETURN NULL;
END
$$;
CREATE TRIGGER "Prediction_names_case" AFTER INSERT ON "Prediction" REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION record_named_cases();
CREATE TRIGGER "Field_names_case" AFTER INSERT ON "Field" REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION record_named_cases();
CREATE TRIGGER "BulkClassification_names_case" AFTER INSERT ON "BulkClassification" REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION record_named_cases();

CREATE FUNCTION record_reviewed_cases() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  named record;
BEGIN
  FOR named IN
    SELECT DISTINCT prediction."caseReference", prediction."siteId", changed."reviewerId"
    FROM changed JOIN "Prediction" AS prediction ON prediction."id" = changed."predictionId"
    WHERE prediction."caseReference" IS NOT NULL ORDER BY 1, 2, 3
  LOOP
    PERFORM work_on_case(named."caseReference", named."siteId", named."reviewerId");
  END LOOP;
  RETURN NULL;
END
$$;
CREATE TRIGGER "Review_names_case" AFTER INSERT ON "Review" REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION record_reviewed_cases();

-- Only state and comment change, and the comment of a signed case does not.
CREATE FUNCTION refuse_change_of_case() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  changed "Case"%ROWTYPE := OLD;
BEGIN
  changed."state" := NEW."state";
  changed."comment" := NEW."comment";
  IF NEW IS DISTINCT FROM changed THEN
    RAISE EXCEPTION 'Only the state and the comment of a case change.' USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  IF OLD."state" = 'SIGNED' AND NEW."comment" IS DISTINCT FROM OLD."comment" THEN
    RAISE EXCEPTION 'The comment of a signed case does not change.' USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER "Case_immutable" BEFORE UPDATE ON "Case" FOR EACH ROW EXECUTE FUNCTION refuse_change_of_case();
CREATE TRIGGER "Case_append_only" BEFORE DELETE OR TRUNCATE ON "Case"
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_without_erasure();
-- For superusers too who set session_replication_role. The triggers that only record something stay as they are.
ALTER TABLE "Case" ENABLE ALWAYS TRIGGER "Case_immutable";
ALTER TABLE "Case" ENABLE ALWAYS TRIGGER "Case_append_only";
