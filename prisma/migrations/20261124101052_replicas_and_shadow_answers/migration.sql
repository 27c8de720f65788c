-- CreateTable
CREATE TABLE "ReplicaState" (
    "replicaId" TEXT NOT NULL,
    "modelId" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "servedVersionId" TEXT,
    "servedSince" TIMESTAMPTZ(3),
    "error" TEXT,
    "challengerVersionId" TEXT,
    "challengerError" TEXT,
    "seenAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "ReplicaState_pkey" PRIMARY KEY ("replicaId","modelId")
);

-- CreateTable
CREATE TABLE "ShadowAnswer" (
    "predictionId" TEXT NOT NULL,
    "modelVersionId" TEXT NOT NULL,
    "outcome" "PredictionOutcome" NOT NULL,
    "label" TEXT NOT NULL,
    "probability" DOUBLE PRECISION NOT NULL,
    "agrees" BOOLEAN NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "ShadowAnswer_pkey" PRIMARY KEY ("predictionId","modelVersionId")
);

-- CreateIndex
CREATE INDEX "ReplicaState_modelId_idx" ON "ReplicaState"("modelId");

-- CreateIndex
CREATE INDEX "ShadowAnswer_modelVersionId_createdAt_agrees_idx" ON "ShadowAnswer"("modelVersionId", "createdAt", "agrees");

-- AddForeignKey
ALTER TABLE "ReplicaState" ADD CONSTRAINT "ReplicaState_modelId_fkey" FOREIGN KEY ("modelId") REFERENCES "Model"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "ReplicaState" ADD CONSTRAINT "ReplicaState_servedVersionId_fkey" FOREIGN KEY ("servedVersionId") REFERENCES "ModelVersion"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "ReplicaState" ADD CONSTRAINT "ReplicaState_challengerVersionId_fkey" FOREIGN KEY ("challengerVersionId") REFERENCES "ModelVersion"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "ShadowAnswer" ADD CONSTRAINT "ShadowAnswer_predictionId_fkey" FOREIGN KEY ("predictionId") REFERENCES "Prediction"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "ShadowAnswer" ADD CONSTRAINT "ShadowAnswer_modelVersionId_fkey" FOREIGN KEY ("modelVersionId") REFERENCES "ModelVersion"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE "ShadowAnswer"
  ADD CONSTRAINT "ShadowAnswer_probability_is_probability" CHECK ("probability" BETWEEN 0 AND 1);

CREATE TRIGGER "ShadowAnswer_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "ShadowAnswer"
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_history();
