-- Webhooks: addresses that get signed messages about events. Written by hand; docs/decisions/0056-webhooks.md.

CREATE TYPE "WebhookEvent" AS ENUM ('DRIFT', 'FIT_SUGGESTED', 'RUN_FAILED', 'PROMOTION', 'TEST');
CREATE TYPE "WebhookDeliveryStatus" AS ENUM ('WAITING', 'DELIVERED', 'FAILED');

CREATE TABLE "Webhook" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "url" TEXT NOT NULL,
    "events" "WebhookEvent"[],
    "secret" TEXT NOT NULL,
    "enabled" BOOLEAN NOT NULL DEFAULT true,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),
    "createdById" TEXT NOT NULL,

    CONSTRAINT "Webhook_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "Webhook_createdById_idx" ON "Webhook"("createdById");
ALTER TABLE "Webhook" ADD CONSTRAINT "Webhook_createdById_fkey" FOREIGN KEY ("createdById") REFERENCES "User"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

CREATE TABLE "WebhookDelivery" (
    "id" TEXT NOT NULL,
    "webhookId" TEXT NOT NULL,
    "event" "WebhookEvent" NOT NULL,
    "data" JSONB NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),
    "status" "WebhookDeliveryStatus" NOT NULL DEFAULT 'WAITING',
    "tries" INTEGER NOT NULL DEFAULT 0,
    "nextTryAt" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),
    "lastTriedAt" TIMESTAMPTZ(3),
    "responseStatus" INTEGER,
    "responseMs" DOUBLE PRECISION,
    "error" TEXT,

    CONSTRAINT "WebhookDelivery_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "WebhookDelivery_webhookId_createdAt_id_idx" ON "WebhookDelivery"("webhookId", "createdAt", "id");
CREATE INDEX "WebhookDelivery_due" ON "WebhookDelivery"("nextTryAt") WHERE "status" = 'WAITING';
ALTER TABLE "WebhookDelivery" ADD CONSTRAINT "WebhookDelivery_webhookId_fkey" FOREIGN KEY ("webhookId") REFERENCES "Webhook"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- The message is part of the transaction that it reports, so that none is lost and none is sent about what was rolled back.
-- It names models, versions and runs, and nothing of a case.
CREATE FUNCTION announce_event(happened "WebhookEvent", data jsonb) RETURNS void LANGUAGE sql AS $$
  INSERT INTO "WebhookDelivery" ("id", "webhookId", "event", "data")
  SELECT 'dlv_' || replace(gen_random_uuid()::text, '-', ''), "id", happened, data
  FROM "Webhook" WHERE "enabled" AND happened = ANY("events")
$$;
ALTER FUNCTION announce_event("WebhookEvent", jsonb) SET search_path = pg_catalog, public, pg_temp;

CREATE FUNCTION announce_promotion() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM announce_event('PROMOTION', jsonb_build_object(
    'promotionId', NEW."id",
    'kind', NEW."kind",
    'alias', NEW."alias",
    'modelName', (SELECT "name" FROM "Model" WHERE "id" = NEW."modelId"),
    'fromVersion', (SELECT "version" FROM "ModelVersion" WHERE "id" = NEW."fromVersionId"),
    'toVersion', (SELECT "version" FROM "ModelVersion" WHERE "id" = NEW."toVersionId"),
    'toVersionId', NEW."toVersionId"));
  RETURN NULL;
END
$$;
ALTER FUNCTION announce_promotion() SET search_path = pg_catalog, public, pg_temp;
CREATE TRIGGER "Promotion_announced" AFTER INSERT ON "Promotion"
  FOR EACH ROW EXECUTE FUNCTION announce_promotion();

CREATE FUNCTION announce_failed_run() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM announce_event('RUN_FAILED', jsonb_build_object(
    'trainingRunId', NEW."id",
    'modelName', (SELECT "name" FROM "Model" WHERE "id" = NEW."modelId")));
  RETURN NULL;
END
$$;
ALTER FUNCTION announce_failed_run() SET search_path = pg_catalog, public, pg_temp;
CREATE TRIGGER "TrainingRun_failure_announced" AFTER UPDATE ON "TrainingRun"
  FOR EACH ROW WHEN (NEW."status" = 'FAILED' AND OLD."status" <> 'FAILED') EXECUTE FUNCTION announce_failed_run();
