-- What an audit event says besides who, what and when.
ALTER TABLE "AuditEvent"
  ADD COLUMN "requestId" TEXT,
  ADD COLUMN "credentialId" TEXT,
  ADD COLUMN "casePseudonym" TEXT,
  ADD COLUMN "answer" JSONB;

-- The transaction that recorded the event. The default is set in a second statement: in one, Postgres would rewrite the table.
-- Events of earlier releases have none.
ALTER TABLE "AuditEvent" ADD COLUMN "transactionId" xid8;
ALTER TABLE "AuditEvent" ALTER COLUMN "transactionId" SET DEFAULT pg_current_xact_id();
CREATE INDEX "AuditEvent_transactionId_idx" ON "AuditEvent"("transactionId");
-- Lists are in the order of the database's time.
DROP INDEX "AuditEvent_entityId_id_idx";
DROP INDEX "AuditEvent_actorId_id_idx";
DROP INDEX "AuditEvent_action_id_idx";
CREATE INDEX "AuditEvent_entityId_createdAt_id_idx" ON "AuditEvent"("entityId", "createdAt", "id");
CREATE INDEX "AuditEvent_actorId_createdAt_id_idx" ON "AuditEvent"("actorId", "createdAt", "id");
CREATE INDEX "AuditEvent_action_createdAt_id_idx" ON "AuditEvent"("action", "createdAt", "id");
CREATE INDEX "AuditEvent_createdAt_id_idx" ON "AuditEvent"("createdAt", "id");
CREATE INDEX "AuditEvent_casePseudonym_idx" ON "AuditEvent"("casePseudonym") WHERE "casePseudonym" IS NOT NULL;

CREATE TABLE "AuditSeal" (
    "position" BIGINT NOT NULL,
    "eventId" TEXT NOT NULL,
    "sealedAt" TIMESTAMPTZ(3) NOT NULL,
    "hash" TEXT NOT NULL,

    CONSTRAINT "AuditSeal_pkey" PRIMARY KEY ("position"),
    CONSTRAINT "AuditSeal_position_counts_from_1" CHECK ("position" >= 1),
    CONSTRAINT "AuditSeal_hash_is_sha256" CHECK ("hash" ~ '^[0-9a-f]{64}$')
);
CREATE UNIQUE INDEX "AuditSeal_eventId_key" ON "AuditSeal"("eventId");
ALTER TABLE "AuditSeal" ADD CONSTRAINT "AuditSeal_eventId_fkey" FOREIGN KEY ("eventId")
  REFERENCES "AuditEvent"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

CREATE TRIGGER "AuditSeal_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "AuditSeal"
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_history();

-- Progress of the sealer: one row.
CREATE TABLE "AuditSealer" (
    "id" INTEGER NOT NULL DEFAULT 1,
    "sealedBefore" xid8,
    "passStartedAt" TIMESTAMPTZ(3),

    CONSTRAINT "AuditSealer_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "AuditSealer_is_one_row" CHECK ("id" = 1)
);
INSERT INTO "AuditSealer" DEFAULT VALUES;

-- A case's key for its pseudonym in the audit trail.
CREATE TABLE "CaseKey" (
    "caseReference" TEXT NOT NULL,
    "key" BYTEA NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),

    CONSTRAINT "CaseKey_pkey" PRIMARY KEY ("caseReference")
);
