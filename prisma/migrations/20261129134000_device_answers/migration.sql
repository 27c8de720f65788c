-- What a version answered in the user's browser, before the image was uploaded and the server answered it too
-- (docs/decisions/0070-classification-on-the-device.md). Like a prediction, it can only be removed by a recorded erasure of its case.
CREATE TABLE "DeviceAnswer" (
    "predictionId" TEXT NOT NULL,
    "modelVersionId" TEXT NOT NULL,
    "outcome" "PredictionOutcome" NOT NULL,
    "label" TEXT NOT NULL,
    "probability" DOUBLE PRECISION NOT NULL,
    "answeredAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "DeviceAnswer_pkey" PRIMARY KEY ("predictionId"),
    CONSTRAINT "DeviceAnswer_probability_is_probability" CHECK ("probability" BETWEEN 0 AND 1)
);

CREATE INDEX "DeviceAnswer_modelVersionId_idx" ON "DeviceAnswer"("modelVersionId");

ALTER TABLE "DeviceAnswer" ADD CONSTRAINT "DeviceAnswer_predictionId_fkey" FOREIGN KEY ("predictionId") REFERENCES "Prediction"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE "DeviceAnswer" ADD CONSTRAINT "DeviceAnswer_modelVersionId_fkey" FOREIGN KEY ("modelVersionId") REFERENCES "ModelVersion"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

CREATE TRIGGER "DeviceAnswer_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "DeviceAnswer"
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_without_erasure();
ALTER TABLE "DeviceAnswer" ENABLE ALWAYS TRIGGER "DeviceAnswer_append_only";
