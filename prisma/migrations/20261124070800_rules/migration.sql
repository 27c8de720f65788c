-- What must hold whoever writes, and what Prisma's schema cannot express. Written by hand.

-- ---- append-only: promotions, reviews and audit events are added, never changed and never removed ----

CREATE FUNCTION refuse_change_of_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '"%" is append-only: % is refused. What was recorded stays; record a correction beside it.',
    TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END
$$;

CREATE TRIGGER "AuditEvent_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "AuditEvent"
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_history();
CREATE TRIGGER "Promotion_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "Promotion"
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_history();
CREATE TRIGGER "Review_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "Review"
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_history();

-- ---- immutable: what a digest was taken of ----

CREATE FUNCTION refuse_change_of_digested() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '"%" is immutable: % of what its digest stands for is refused. Make a new version instead.',
    TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END
$$;

CREATE TRIGGER "ModelVersion_immutable" BEFORE UPDATE ON "ModelVersion" FOR EACH ROW
  WHEN ((OLD."modelId", OLD."version", OLD."digest", OLD."manifest", OLD."classes", OLD."positiveLabel", OLD."inputSize",
         OLD."decisionThreshold", OLD."abstentionBand")
    IS DISTINCT FROM
        (NEW."modelId", NEW."version", NEW."digest", NEW."manifest", NEW."classes", NEW."positiveLabel", NEW."inputSize",
         NEW."decisionThreshold", NEW."abstentionBand"))
  EXECUTE FUNCTION refuse_change_of_digested();

CREATE TRIGGER "DatasetSnapshot_immutable" BEFORE UPDATE ON "DatasetSnapshot" FOR EACH ROW
  WHEN (OLD."status" = 'READY' AND
        (OLD."name", OLD."version", OLD."status", OLD."digest", OLD."source", OLD."itemCount")
    IS DISTINCT FROM
        (NEW."name", NEW."version", NEW."status", NEW."digest", NEW."source", NEW."itemCount"))
  EXECUTE FUNCTION refuse_change_of_digested();

CREATE FUNCTION refuse_change_of_ready_items() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM "DatasetSnapshot" WHERE "id" = OLD."snapshotId" AND "status" = 'READY') THEN
    RAISE EXCEPTION '"%" is immutable: % of an item of a READY snapshot is refused. Make a new snapshot instead.',
      TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END
$$;

CREATE TRIGGER "DatasetItem_immutable" BEFORE UPDATE OR DELETE ON "DatasetItem"
  FOR EACH ROW EXECUTE FUNCTION refuse_change_of_ready_items();

-- ---- ranges and forms ----

ALTER TABLE "User"
  ADD CONSTRAINT "User_email_is_lower_case" CHECK ("email" = lower("email") AND "email" <> '');

ALTER TABLE "Image"
  ADD CONSTRAINT "Image_sha256_is_hex" CHECK ("sha256" ~ '^[0-9a-f]{64}$'),
  ADD CONSTRAINT "Image_has_size" CHECK ("width" > 0 AND "height" > 0 AND "byteSize" > 0);

ALTER TABLE "DatasetSnapshot"
  ADD CONSTRAINT "DatasetSnapshot_version_counts_from_1" CHECK ("version" >= 1),
  ADD CONSTRAINT "DatasetSnapshot_progress_is_fraction" CHECK ("progress" BETWEEN 0 AND 1),
  ADD CONSTRAINT "DatasetSnapshot_itemCount_not_negative" CHECK ("itemCount" >= 0),
  ADD CONSTRAINT "DatasetSnapshot_digest_is_hex" CHECK ("digest" ~ '^[0-9a-f]{64}$'),
  ADD CONSTRAINT "DatasetSnapshot_ready_has_digest" CHECK ("status" <> 'READY' OR "digest" IS NOT NULL);

ALTER TABLE "DatasetItem"
  ADD CONSTRAINT "DatasetItem_split_is_known" CHECK ("split" IN ('train', 'validation', 'test'));

ALTER TABLE "TrainingRun"
  ADD CONSTRAINT "TrainingRun_progress_is_fraction" CHECK ("progress" BETWEEN 0 AND 1);

ALTER TABLE "Model"
  ADD CONSTRAINT "Model_name_is_path_segment" CHECK ("name" ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$');

ALTER TABLE "ModelVersion"
  ADD CONSTRAINT "ModelVersion_version_counts_from_1" CHECK ("version" >= 1),
  ADD CONSTRAINT "ModelVersion_digest_is_hex" CHECK ("digest" ~ '^[0-9a-f]{64}$'),
  ADD CONSTRAINT "ModelVersion_positiveLabel_is_class" CHECK ("positiveLabel" = ANY ("classes")),
  ADD CONSTRAINT "ModelVersion_inputSize_positive" CHECK ("inputSize" > 0),
  ADD CONSTRAINT "ModelVersion_decisionThreshold_is_probability" CHECK ("decisionThreshold" BETWEEN 0 AND 1),
  ADD CONSTRAINT "ModelVersion_abstentionBand_is_interval" CHECK (
    cardinality("abstentionBand") = 2 AND 0 <= "abstentionBand"[1] AND "abstentionBand"[1] <= "abstentionBand"[2]
    AND "abstentionBand"[2] <= 1);

ALTER TABLE "ModelAliasAssignment"
  ADD CONSTRAINT "ModelAliasAssignment_only_ready" CHECK ("modelVersionStatus" = 'READY');

ALTER TABLE "Promotion"
  ADD CONSTRAINT "Promotion_has_reason" CHECK (btrim("reason") <> ''),
  ADD CONSTRAINT "Promotion_names_version" CHECK (num_nonnulls("fromVersionId", "toVersionId") > 0);

ALTER TABLE "Evaluation"
  ADD CONSTRAINT "Evaluation_succeeded_has_metrics" CHECK ("status" <> 'SUCCEEDED' OR "metrics" IS NOT NULL);

ALTER TABLE "Prediction"
  ADD CONSTRAINT "Prediction_confidence_is_probability" CHECK ("confidence" BETWEEN 0 AND 1),
  ADD CONSTRAINT "Prediction_probabilities_are_probabilities" CHECK (
    cardinality("probabilities") >= 2 AND 0 <= ALL ("probabilities") AND 1 >= ALL ("probabilities")),
  ADD CONSTRAINT "Prediction_outOfDistributionScore_not_negative" CHECK ("outOfDistributionScore" >= 0);
