-- Reads the whole history, while predictions are still read and written: a separate migration, because the lock of the one that added
-- the constraints lasts until its end.
ALTER TABLE "Prediction"
  VALIDATE CONSTRAINT "Prediction_cellTypes_are_probabilities",
  VALIDATE CONSTRAINT "Prediction_names_cell_type_if_classified";
