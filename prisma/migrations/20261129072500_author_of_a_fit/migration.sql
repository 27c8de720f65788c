-- Users who made a fit may not approve its promotion, like those who trained or registered a version. The version of a fit has neither a
-- training run nor, in most cases, been trained elsewhere, so it looked like a version that is bundled with Cytograph.
CREATE OR REPLACE FUNCTION chain_promotion() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  last "Promotion"%ROWTYPE;
  approval "PromotionApproval"%ROWTYPE;
BEGIN
  PERFORM FROM "Model" WHERE "id" = NEW."modelId" FOR NO KEY UPDATE; -- one after the other
  SELECT * INTO last FROM "Promotion"
    WHERE "modelId" = NEW."modelId" AND "alias" = NEW."alias" ORDER BY "createdAt" DESC LIMIT 1;

  IF NEW."fromVersionId" IS DISTINCT FROM last."toVersionId" THEN
    RAISE EXCEPTION 'A promotion must start with the version that has the alias: % of % has the version %, not %.',
      NEW."alias", NEW."modelId", coalesce(last."toVersionId", 'none'), coalesce(NEW."fromVersionId", 'none')
      USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  IF NEW."approvalId" IS NOT NULL THEN
    SELECT * INTO approval FROM "PromotionApproval" WHERE "id" = NEW."approvalId";
    IF last."id" IS DISTINCT FROM approval."afterPromotionId" THEN
      RAISE EXCEPTION 'The approval % is void: % of % has changed since it was given.',
        NEW."approvalId", NEW."alias", NEW."modelId" USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    IF NEW."kind" <> approval."kind"
      OR coalesce(NEW."toVersionId", NEW."fromVersionId") IS DISTINCT FROM approval."modelVersionId"
      OR NEW."approvedById" IS DISTINCT FROM approval."approvedById" THEN
      RAISE EXCEPTION 'The approval % is for another change: the % of %, by %.',
        NEW."approvalId", approval."kind", approval."modelVersionId", approval."approvedById"
        USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    IF EXISTS (SELECT FROM "PromotionApprovalWithdrawal" WHERE "approvalId" = NEW."approvalId") THEN
      RAISE EXCEPTION 'The approval % was withdrawn.', NEW."approvalId"
        USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    IF NEW."kind" = 'PROMOTION' AND EXISTS (
      SELECT FROM "ModelVersion" version
        LEFT JOIN "TrainingRun" run ON run."id" = version."trainingRunId"
        LEFT JOIN "Fit" fit ON fit."fittedVersionId" = version."id"
      WHERE version."id" = NEW."toVersionId"
        AND (run."id" IS NOT NULL OR fit."id" IS NOT NULL OR version."trainedElsewhere")
        AND NEW."approvedById" IN (version."createdById", run."createdById", fit."createdById")) THEN
      RAISE EXCEPTION 'The approval % does not count: % trained, fitted or registered the version.',
        NEW."approvalId", NEW."approvedById" USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
  END IF;

  -- The database dates every promotion, later than the last one, whatever the clocks of the servers say.
  NEW."createdAt" := greatest(date_trunc('milliseconds', clock_timestamp()), last."createdAt" + interval '1 millisecond');
  RETURN NEW;
END
$$;
ALTER FUNCTION chain_promotion() SET search_path = pg_catalog, public, pg_temp;
