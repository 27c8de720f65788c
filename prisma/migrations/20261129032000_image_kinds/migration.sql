-- What the images of a folder show. Every bulk classification so far classified each image as a single cell.
CREATE TYPE "ImageKind" AS ENUM ('CELL', 'FIELD', 'AUTOMATIC');
ALTER TABLE "BulkClassification" ADD COLUMN "imageKind" "ImageKind" NOT NULL DEFAULT 'CELL';
