-- DropIndex
DROP INDEX "ModelAliasAssignment_modelVersionId_idx";

-- DropIndex
DROP INDEX "Promotion_modelId_alias_id_idx";

-- AlterTable
ALTER TABLE "Promotion" ADD COLUMN     "approvalId" TEXT;

-- CreateTable
CREATE TABLE "PromotionApproval" (
    "id" TEXT NOT NULL,
    "modelVersionId" TEXT NOT NULL,
    "afterPromotionId" TEXT,
    "approvedById" TEXT NOT NULL,
    "comment" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "PromotionApproval_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "PromotionApproval_modelVersionId_createdAt_idx" ON "PromotionApproval"("modelVersionId", "createdAt");

-- CreateIndex
CREATE UNIQUE INDEX "PromotionApproval_id_modelVersionId_approvedById_key" ON "PromotionApproval"("id", "modelVersionId", "approvedById");

-- CreateIndex
CREATE UNIQUE INDEX "ModelAliasAssignment_modelVersionId_key" ON "ModelAliasAssignment"("modelVersionId");

-- CreateIndex
CREATE UNIQUE INDEX "Promotion_approvalId_key" ON "Promotion"("approvalId");

-- CreateIndex
CREATE UNIQUE INDEX "Promotion_modelId_alias_createdAt_key" ON "Promotion"("modelId", "alias", "createdAt");

-- AddForeignKey
ALTER TABLE "Promotion" ADD CONSTRAINT "Promotion_approvalId_toVersionId_approvedById_fkey" FOREIGN KEY ("approvalId", "toVersionId", "approvedById") REFERENCES "PromotionApproval"("id", "modelVersionId", "approvedById") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "PromotionApproval" ADD CONSTRAINT "PromotionApproval_modelVersionId_fkey" FOREIGN KEY ("modelVersionId") REFERENCES "ModelVersion"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "PromotionApproval" ADD CONSTRAINT "PromotionApproval_afterPromotionId_fkey" FOREIGN KEY ("afterPromotionId") REFERENCES "Promotion"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "PromotionApproval" ADD CONSTRAINT "PromotionApproval_approvedById_fkey" FOREIGN KEY ("approvedById") REFERENCES "User"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- ---- written by hand: what Prisma's schema cannot express ----

ALTER TABLE "Promotion"
  ADD CONSTRAINT "Promotion_changes_something" CHECK ("fromVersionId" IS DISTINCT FROM "toVersionId"),
  ADD CONSTRAINT "Promotion_retirement_leaves_nobody" CHECK (("kind" = 'RETIREMENT') = ("toVersionId" IS NULL)),
  ADD CONSTRAINT "Promotion_rollback_replaces" CHECK ("kind" <> 'ROLLBACK' OR "fromVersionId" IS NOT NULL),
  ADD CONSTRAINT "Promotion_approval_has_approver" CHECK (("approvalId" IS NULL) = ("approvedById" IS NULL)),
  ADD CONSTRAINT "Promotion_approved_by_another" CHECK ("approvedById" IS NULL OR "approvedById" IS DISTINCT FROM "requestedById"),
  ADD CONSTRAINT "Promotion_approval_is_of_champion" CHECK ("approvalId" IS NULL OR "alias" = 'CHAMPION');

ALTER TABLE "PromotionApproval"
  ADD CONSTRAINT "PromotionApproval_has_comment" CHECK (btrim("comment") <> '');

-- ---- append-only, for superusers too who set session_replication_role: it takes changing the table to change history ----

CREATE TRIGGER "PromotionApproval_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "PromotionApproval"
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_history();

ALTER TABLE "Promotion" ENABLE ALWAYS TRIGGER "Promotion_append_only";
ALTER TABLE "PromotionApproval" ENABLE ALWAYS TRIGGER "PromotionApproval_append_only";
ALTER TABLE "AuditEvent" ENABLE ALWAYS TRIGGER "AuditEvent_append_only";
ALTER TABLE "Review" ENABLE ALWAYS TRIGGER "Review_append_only";

-- ---- the promotions of an alias are one chain in time ----

CREATE FUNCTION chain_promotion() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  last "Promotion"%ROWTYPE;
BEGIN
  PERFORM FROM "Model" WHERE "id" = NEW."modelId" FOR NO KEY UPDATE; -- one after the other
  SELECT * INTO last FROM "Promotion"
    WHERE "modelId" = NEW."modelId" AND "alias" = NEW."alias" ORDER BY "createdAt" DESC LIMIT 1;

  IF NEW."fromVersionId" IS DISTINCT FROM last."toVersionId" THEN
    RAISE EXCEPTION 'A promotion begins with the version that holds the alias: % of % is held by %, not by %.',
      NEW."alias", NEW."modelId", coalesce(last."toVersionId", 'nobody'), coalesce(NEW."fromVersionId", 'nobody')
      USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  IF NEW."approvalId" IS NOT NULL AND last."id" IS DISTINCT FROM
    (SELECT "afterPromotionId" FROM "PromotionApproval" WHERE "id" = NEW."approvalId") THEN
    RAISE EXCEPTION 'The approval % is void: % of % has changed since it was given.',
      NEW."approvalId", NEW."alias", NEW."modelId" USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;

  -- Nobody dates a promotion: neither a server whose clock is wrong, nor a clock that was set back.
  NEW."createdAt" := greatest(date_trunc('milliseconds', clock_timestamp()), last."createdAt" + interval '1 millisecond');
  RETURN NEW;
END
$$;

CREATE TRIGGER "Promotion_chain" BEFORE INSERT ON "Promotion" FOR EACH ROW EXECUTE FUNCTION chain_promotion();

-- ---- an alias is held by whom its newest promotion says, at the end of every transaction ----

CREATE FUNCTION hold_alias_to_promotions() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  changed record;
  holder text;
  promoted text;
BEGIN
  FOR changed IN
    SELECT OLD."modelId", OLD."alias" WHERE TG_OP <> 'INSERT' UNION SELECT NEW."modelId", NEW."alias" WHERE TG_OP <> 'DELETE'
  LOOP
    SELECT "modelVersionId" INTO holder FROM "ModelAliasAssignment"
      WHERE "modelId" = changed."modelId" AND "alias" = changed."alias";
    SELECT "toVersionId" INTO promoted FROM "Promotion"
      WHERE "modelId" = changed."modelId" AND "alias" = changed."alias" ORDER BY "createdAt" DESC LIMIT 1;
    IF holder IS DISTINCT FROM promoted THEN
      RAISE EXCEPTION 'An alias changes together with its history: % of % is held by %, its newest promotion says %.',
        changed."alias", changed."modelId", coalesce(holder, 'nobody'), coalesce(promoted, 'nobody')
        USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
  END LOOP;
  RETURN NULL;
END
$$;

CREATE CONSTRAINT TRIGGER "ModelAliasAssignment_as_promoted" AFTER INSERT OR UPDATE OR DELETE ON "ModelAliasAssignment"
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION hold_alias_to_promotions();
CREATE CONSTRAINT TRIGGER "Promotion_moves_alias" AFTER INSERT ON "Promotion"
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION hold_alias_to_promotions();

CREATE FUNCTION refuse_truncate_of_aliases() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '"%" changes together with its history: % is refused. Retire the versions instead.',
    TG_TABLE_NAME, TG_OP USING ERRCODE = 'object_not_in_prerequisite_state';
END
$$;

CREATE TRIGGER "ModelAliasAssignment_not_truncated" BEFORE TRUNCATE ON "ModelAliasAssignment"
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate_of_aliases();

-- ---- what a promotion was decided by stays ----

CREATE FUNCTION refuse_change_of_figures() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '"%" that SUCCEEDED is immutable: % is refused. Evaluate again instead.',
    TG_TABLE_NAME, TG_OP USING ERRCODE = 'object_not_in_prerequisite_state';
END
$$;

CREATE TRIGGER "Evaluation_immutable" BEFORE UPDATE OR DELETE ON "Evaluation" FOR EACH ROW
  WHEN (OLD."status" = 'SUCCEEDED') EXECUTE FUNCTION refuse_change_of_figures();
