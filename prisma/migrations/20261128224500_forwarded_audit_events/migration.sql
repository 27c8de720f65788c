-- How far audit events have been forwarded by syslog: one row.
CREATE TABLE "AuditForwarder" (
    "id" INTEGER NOT NULL DEFAULT 1,
    "forwardedPosition" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "AuditForwarder_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "AuditForwarder_is_one_row" CHECK ("id" = 1)
);
INSERT INTO "AuditForwarder" DEFAULT VALUES;
