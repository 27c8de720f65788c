-- What a program asked for with a request id, so that a retry gets the same object. Kept for 24 hours.
-- docs/decisions/0035-retries-by-request-id.md.
CREATE TABLE "ClientRequest" (
    "userId" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "contentSha256" TEXT NOT NULL,
    "entityId" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),

    CONSTRAINT "ClientRequest_pkey" PRIMARY KEY ("userId", "key")
);
CREATE INDEX "ClientRequest_createdAt_idx" ON "ClientRequest"("createdAt");
ALTER TABLE "ClientRequest" ADD CONSTRAINT "ClientRequest_userId_fkey" FOREIGN KEY ("userId") REFERENCES "User"("id")
  ON DELETE RESTRICT ON UPDATE CASCADE;

-- Each insert removes a few expired requests, so that the table stays as small as a day.
CREATE FUNCTION remove_expired_client_requests() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  DELETE FROM "ClientRequest" WHERE ("userId", "key") IN (
    SELECT "userId", "key" FROM "ClientRequest" WHERE "createdAt" < transaction_timestamp() - interval '24 hours'
    ORDER BY "createdAt" LIMIT 100 FOR UPDATE SKIP LOCKED);
  RETURN NULL;
END
$$;
CREATE TRIGGER "ClientRequest_remove_expired" AFTER INSERT ON "ClientRequest"
  FOR EACH STATEMENT EXECUTE FUNCTION remove_expired_client_requests();
