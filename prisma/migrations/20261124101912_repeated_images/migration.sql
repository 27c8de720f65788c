-- AlterTable
ALTER TABLE "Prediction" ADD COLUMN     "repeatOfId" TEXT,
ALTER COLUMN "evidence" DROP NOT NULL;

-- AddForeignKey
ALTER TABLE "Prediction" ADD CONSTRAINT "Prediction_repeatOfId_fkey" FOREIGN KEY ("repeatOfId") REFERENCES "Prediction"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- By hand: a partial index, which Prisma neither writes nor sees. It finds the answer that a repeated image gets, and holds
-- no repeats, however often one image comes.
CREATE INDEX "Prediction_first_answer" ON "Prediction"("imageSha256", "modelVersionId") WHERE "repeatOfId" IS NULL;

ALTER TABLE "Prediction"
  ADD CONSTRAINT "Prediction_has_evidence_or_repeats" CHECK (num_nonnulls("evidence", "repeatOfId") = 1);
