-- What a review says besides a label: docs/decisions/0050-what-a-review-says.md.

CREATE TYPE "ReviewVerdict" AS ENUM ('LABEL', 'NOT_A_CELL', 'CANNOT_TELL');
CREATE TYPE "ReviewOrigin" AS ENUM ('RANDOM_SAMPLE', 'WHOLE_SET', 'WORKLIST', 'CORRECTION');
CREATE TYPE "CellType" AS ENUM ('BLAST', 'MYELOBLAST', 'MONOBLAST', 'PROMONOCYTE', 'LYMPHOBLAST', 'PROMYELOCYTE', 'ABNORMAL_PROMYELOCYTE', 'MYELOCYTE', 'METAMYELOCYTE', 'BAND_NEUTROPHIL', 'SEGMENTED_NEUTROPHIL', 'EOSINOPHIL', 'BASOPHIL', 'MONOCYTE', 'LYMPHOCYTE', 'REACTIVE_LYMPHOCYTE', 'LARGE_GRANULAR_LYMPHOCYTE', 'ABNORMAL_LYMPHOCYTE', 'PROLYMPHOCYTE', 'HAIRY_CELL', 'PLASMA_CELL', 'ERYTHROBLAST', 'SMUDGE_CELL', 'OTHER');

-- The defaults describe the reviews so far, and those of servers of the version before during an upgrade: every review was a
-- label, from people who opened a page with the model's prediction and chose which predictions to review.
ALTER TABLE "Review" ADD COLUMN     "verdict" "ReviewVerdict" NOT NULL DEFAULT 'LABEL',
ADD COLUMN     "cellType" "CellType",
ADD COLUMN     "blind" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN     "origin" "ReviewOrigin" NOT NULL DEFAULT 'CORRECTION';

ALTER TABLE "Review"
ADD CONSTRAINT "Review_agrees_by_label" CHECK ("verdict" = 'LABEL' OR NOT "agreesWithModel"),
ADD CONSTRAINT "Review_has_cell_type_of_a_cell" CHECK ("verdict" <> 'NOT_A_CELL' OR "cellType" IS NULL);
