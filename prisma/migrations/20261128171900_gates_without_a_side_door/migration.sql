-- AlterTable
ALTER TABLE "PromotionApproval" ADD COLUMN     "kind" "PromotionKind" NOT NULL DEFAULT 'PROMOTION';

-- CreateTable
CREATE TABLE "PromotionApprovalWithdrawal" (
    "approvalId" TEXT NOT NULL,
    "withdrawnById" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),

    CONSTRAINT "PromotionApprovalWithdrawal_pkey" PRIMARY KEY ("approvalId")
);

-- AddForeignKey
ALTER TABLE "PromotionApprovalWithdrawal" ADD CONSTRAINT "PromotionApprovalWithdrawal_approvalId_fkey" FOREIGN KEY ("approvalId") REFERENCES "PromotionApproval"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "PromotionApprovalWithdrawal" ADD CONSTRAINT "PromotionApprovalWithdrawal_withdrawnById_fkey" FOREIGN KEY ("withdrawnById") REFERENCES "User"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- ---- written by hand: rules that Prisma's schema cannot express ----

ALTER TABLE "PromotionApproval"
  ADD CONSTRAINT "PromotionApproval_kind_can_be_approved" CHECK ("kind" IN ('PROMOTION', 'RETIREMENT'));

ALTER TABLE "PromotionApprovalWithdrawal"
  ADD CONSTRAINT "PromotionApprovalWithdrawal_has_reason" CHECK (btrim("reason") <> '');

CREATE TRIGGER "PromotionApprovalWithdrawal_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "PromotionApprovalWithdrawal"
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_history();
ALTER TABLE "PromotionApprovalWithdrawal" ENABLE ALWAYS TRIGGER "PromotionApprovalWithdrawal_append_only";

-- A rollback is also possible after a retirement, when there is no champion to replace.
ALTER TABLE "Promotion" DROP CONSTRAINT "Promotion_rollback_replaces";

-- An approval is used by a change of its own kind and version, is not withdrawn, and is by someone who neither trained nor
-- registered the version. Versions that are bundled with Cytograph are registered by the system, in the name of an administrator.
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
      SELECT FROM "ModelVersion" version LEFT JOIN "TrainingRun" run ON run."id" = version."trainingRunId"
      WHERE version."id" = NEW."toVersionId" AND (run."id" IS NOT NULL OR version."trainedElsewhere")
        AND NEW."approvedById" IN (version."createdById", run."createdById")) THEN
      RAISE EXCEPTION 'The approval % does not count: % trained or registered the version.',
        NEW."approvalId", NEW."approvedById" USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
  END IF;

  -- The database dates every promotion, later than the last one, whatever the clocks of the servers say.
  NEW."createdAt" := greatest(date_trunc('milliseconds', clock_timestamp()), last."createdAt" + interval '1 millisecond');
  RETURN NEW;
END
$$;

-- An approval that a promotion has used cannot be withdrawn, also when both happen at the same time.
CREATE FUNCTION refuse_late_withdrawal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM "Model" WHERE "id" = (
    SELECT version."modelId" FROM "PromotionApproval" approval
    JOIN "ModelVersion" version ON version."id" = approval."modelVersionId"
    WHERE approval."id" = NEW."approvalId") FOR NO KEY UPDATE;
  IF EXISTS (SELECT FROM "Promotion" WHERE "approvalId" = NEW."approvalId") THEN
    RAISE EXCEPTION 'The approval % cannot be withdrawn: a promotion has used it.', NEW."approvalId"
      USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  RETURN NEW;
END
$$;

CREATE TRIGGER "PromotionApprovalWithdrawal_in_time" BEFORE INSERT ON "PromotionApprovalWithdrawal"
  FOR EACH ROW EXECUTE FUNCTION refuse_late_withdrawal();
