-- Lists of fields, newest first: all fields, and those of a case, a user or a site. Each index replaces the one with only its first column.
CREATE INDEX "Field_createdAt_id_idx" ON "Field"("createdAt", "id");
CREATE INDEX "Field_createdById_createdAt_id_idx" ON "Field"("createdById", "createdAt", "id");
CREATE INDEX "Field_siteId_createdAt_id_idx" ON "Field"("siteId", "createdAt", "id");
CREATE INDEX "Field_by_case" ON "Field"("caseReference", "createdAt", "id") WHERE "caseReference" IS NOT NULL;
DROP INDEX "Field_createdById_idx";
DROP INDEX "Field_siteId_idx";
DROP INDEX "Field_caseReference";

-- The predictions that a filter of the history finds by a verdict other than a label: few of all reviews.
CREATE INDEX "Review_not_a_label" ON "Review"("verdict", "predictionId") WHERE "verdict" <> 'LABEL';
