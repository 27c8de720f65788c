-- Second looks: labelled cells that a person labels again before a fit, without seeing their labels. Written by hand; docs/decisions/0062.
CREATE TABLE "SecondLook" (
    "id" TEXT NOT NULL,
    "modelVersionId" TEXT NOT NULL,
    "datasetSnapshotId" TEXT,
    "createdById" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),

    CONSTRAINT "SecondLook_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "SecondLook_modelVersionId_createdAt_idx" ON "SecondLook"("modelVersionId", "createdAt");
CREATE INDEX "SecondLook_datasetSnapshotId_idx" ON "SecondLook"("datasetSnapshotId");
CREATE INDEX "SecondLook_createdById_idx" ON "SecondLook"("createdById");
ALTER TABLE "SecondLook" ADD CONSTRAINT "SecondLook_modelVersionId_fkey" FOREIGN KEY ("modelVersionId") REFERENCES "ModelVersion"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "SecondLook" ADD CONSTRAINT "SecondLook_datasetSnapshotId_fkey" FOREIGN KEY ("datasetSnapshotId") REFERENCES "DatasetSnapshot"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "SecondLook" ADD CONSTRAINT "SecondLook_createdById_fkey" FOREIGN KEY ("createdById") REFERENCES "User"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- A cell is a reviewed prediction or an item of a snapshot. A recorded erasure of a case deletes these, and with them the rows.
CREATE TABLE "SecondLookCell" (
    "secondLookId" TEXT NOT NULL,
    "place" INTEGER NOT NULL,
    "predictionId" TEXT,
    "snapshotId" TEXT,
    "key" TEXT COLLATE "C",
    "label" TEXT NOT NULL,
    "verdict" "ReviewVerdict",
    "secondLabel" TEXT,
    "reviewerId" TEXT,
    "reviewedAt" TIMESTAMPTZ(3),

    CONSTRAINT "SecondLookCell_pkey" PRIMARY KEY ("secondLookId", "place"),
    CONSTRAINT "SecondLookCell_prediction_or_item" CHECK (("predictionId" IS NULL) = ("key" IS NOT NULL) AND ("key" IS NULL) = ("snapshotId" IS NULL)),
    CONSTRAINT "SecondLookCell_label_of_verdict" CHECK (("secondLabel" IS NOT NULL) = ("verdict" IS NOT NULL AND "verdict" = 'LABEL')),
    CONSTRAINT "SecondLookCell_reviewer" CHECK (("verdict" IS NULL) = ("reviewerId" IS NULL) AND ("verdict" IS NULL) = ("reviewedAt" IS NULL))
);
CREATE INDEX "SecondLookCell_predictionId_idx" ON "SecondLookCell"("predictionId");
CREATE INDEX "SecondLookCell_snapshotId_key_idx" ON "SecondLookCell"("snapshotId", "key");
CREATE INDEX "SecondLookCell_reviewerId_idx" ON "SecondLookCell"("reviewerId");
ALTER TABLE "SecondLookCell" ADD CONSTRAINT "SecondLookCell_secondLookId_fkey" FOREIGN KEY ("secondLookId") REFERENCES "SecondLook"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "SecondLookCell" ADD CONSTRAINT "SecondLookCell_predictionId_fkey" FOREIGN KEY ("predictionId") REFERENCES "Prediction"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "SecondLookCell" ADD CONSTRAINT "SecondLookCell_snapshotId_key_fkey" FOREIGN KEY ("snapshotId", "key") REFERENCES "DatasetItem"("snapshotId", "key") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "SecondLookCell" ADD CONSTRAINT "SecondLookCell_reviewerId_fkey" FOREIGN KEY ("reviewerId") REFERENCES "User"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- What second looks had changed in the labels of a snapshot's items when the fit was requested, by key.
ALTER TABLE "Fit" ADD COLUMN "secondLabels" JSONB NOT NULL DEFAULT '{}';
