-- A resumed ingestion reads only what has changed since; the collation is what Prisma cannot express: keys are
-- compared by code point, so that pages, manifests and digests are the same under every locale.
ALTER TABLE "DatasetItem"
  ADD COLUMN "etag" TEXT,
  ALTER COLUMN "key" TYPE TEXT COLLATE "C";
