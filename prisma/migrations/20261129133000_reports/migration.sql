-- Reports of cases: a draft that people change, and the reports that were signed. Written by hand; docs/decisions/0069-reports.md.

-- The next report of a case: what a person writes. At most one for each case.
CREATE TABLE "ReportDraft" (
    "caseId" TEXT NOT NULL,
    "revision" INTEGER NOT NULL,
    "conclusion" TEXT NOT NULL,
    "fewCellsReason" TEXT NOT NULL,
    "supportingIds" TEXT[] NOT NULL,
    "updatedById" TEXT NOT NULL,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),

    CONSTRAINT "ReportDraft_pkey" PRIMARY KEY ("caseId")
);
CREATE INDEX "ReportDraft_updatedById_idx" ON "ReportDraft"("updatedById");
ALTER TABLE "ReportDraft"
  ADD CONSTRAINT "ReportDraft_caseId_fkey" FOREIGN KEY ("caseId") REFERENCES "Case"("id") ON DELETE RESTRICT ON UPDATE CASCADE,
  ADD CONSTRAINT "ReportDraft_updatedById_fkey" FOREIGN KEY ("updatedById") REFERENCES "User"("id") ON DELETE RESTRICT ON UPDATE CASCADE,
  ADD CONSTRAINT "ReportDraft_revision_counts" CHECK ("revision" > 0);

-- A report as it was signed. The digest is that of the content, so a report that was changed outside the server cannot be stored.
CREATE TABLE "Report" (
    "id" TEXT NOT NULL,
    "caseId" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "content" TEXT NOT NULL,
    "digest" TEXT NOT NULL,
    "signedById" TEXT NOT NULL,
    "signedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),

    CONSTRAINT "Report_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "Report_caseId_version_key" ON "Report"("caseId", "version");
CREATE INDEX "Report_signedById_idx" ON "Report"("signedById");
ALTER TABLE "Report"
  ADD CONSTRAINT "Report_caseId_fkey" FOREIGN KEY ("caseId") REFERENCES "Case"("id") ON DELETE RESTRICT ON UPDATE CASCADE,
  ADD CONSTRAINT "Report_signedById_fkey" FOREIGN KEY ("signedById") REFERENCES "User"("id") ON DELETE RESTRICT ON UPDATE CASCADE,
  ADD CONSTRAINT "Report_version_counts" CHECK ("version" > 0),
  ADD CONSTRAINT "Report_has_its_digest" CHECK ("digest" = encode(sha256(convert_to("content", 'UTF8')), 'hex'));
CREATE TRIGGER "Report_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "Report"
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_without_erasure();
ALTER TABLE "Report" ENABLE ALWAYS TRIGGER "Report_append_only";

-- A signed case cannot be opened again.
CREATE FUNCTION refuse_to_open_signed_case() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RAISE EXCEPTION 'A signed case stays signed.' USING ERRCODE = 'object_not_in_prerequisite_state';
END
$$;
CREATE TRIGGER "Case_stays_signed" BEFORE UPDATE ON "Case" FOR EACH ROW
  WHEN (OLD."state" = 'SIGNED' AND NEW."state" <> OLD."state") EXECUTE FUNCTION refuse_to_open_signed_case();
ALTER TABLE "Case" ENABLE ALWAYS TRIGGER "Case_stays_signed";
