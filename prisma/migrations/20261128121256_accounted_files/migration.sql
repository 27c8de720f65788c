-- CreateEnum
CREATE TYPE "SkipReason" AS ENUM ('SYSTEM_FILE', 'NOT_AN_IMAGE', 'UNREADABLE', 'NO_CLASS_FOLDER', 'UNCHOSEN_FOLDER', 'GROUPS_CSV', 'NOT_READ');

-- AlterTable
ALTER TABLE "BulkClassification" ADD COLUMN     "notImageCount" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "systemFiles" INTEGER NOT NULL DEFAULT 0;

-- AlterTable
ALTER TABLE "BulkItem" ADD COLUMN     "notImage" BOOLEAN NOT NULL DEFAULT false;

-- AlterTable
ALTER TABLE "DatasetSnapshot" ADD COLUMN     "fileCount" INTEGER,
ADD COLUMN     "systemFiles" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "unchosenFiles" INTEGER NOT NULL DEFAULT 0;

-- AlterTable
ALTER TABLE "ValidationFinding" ADD COLUMN     "classes" JSONB;

-- CreateTable
CREATE TABLE "SkippedFile" (
    "snapshotId" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "reason" "SkipReason" NOT NULL,
    "detail" TEXT NOT NULL,

    CONSTRAINT "SkippedFile_pkey" PRIMARY KEY ("snapshotId","key")
);

-- AddForeignKey
ALTER TABLE "SkippedFile" ADD CONSTRAINT "SkippedFile_snapshotId_fkey" FOREIGN KEY ("snapshotId") REFERENCES "DatasetSnapshot"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- What Prisma cannot express: keys are compared by code point under every locale, as those of DatasetItem are.
ALTER TABLE "SkippedFile" ALTER COLUMN "key" TYPE TEXT COLLATE "C";
