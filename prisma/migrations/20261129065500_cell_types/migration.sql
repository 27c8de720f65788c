-- Versions with a second head name the cell type. Versions and predictions so far have none.
ALTER TABLE "ModelVersion" ADD COLUMN "cellTypes" TEXT[] NOT NULL DEFAULT ARRAY[]::TEXT[];

ALTER TABLE "Prediction"
  ADD COLUMN "cellTypes" DOUBLE PRECISION[] NOT NULL DEFAULT ARRAY[]::DOUBLE PRECISION[],
  ADD COLUMN "cellType" TEXT;
-- Not validated here, so that the history is not read while it is locked: 20261129072600_validated_cell_types does it.
ALTER TABLE "Prediction"
  ADD CONSTRAINT "Prediction_cellTypes_are_probabilities" CHECK (0 <= ALL ("cellTypes") AND 1 >= ALL ("cellTypes")) NOT VALID,
  ADD CONSTRAINT "Prediction_names_cell_type_if_classified" CHECK (
    "cellType" IS NULL OR ("outcome" = 'CLASSIFIED' AND cardinality("cellTypes") > 0)) NOT VALID;

ALTER TABLE "ShadowAnswer" ADD COLUMN "cellType" TEXT;
