-- What a version answered for each item of a snapshot, so that versions can be compared image by image. An array for each
-- evaluation, because the items of a READY snapshot never change, and a comparison reads all answers of several evaluations.
CREATE TABLE "EvaluationAnswers" (
    "evaluationId" TEXT NOT NULL,
    "probabilities" BYTEA NOT NULL,
    "outcomes" "PredictionOutcome"[],

    CONSTRAINT "EvaluationAnswers_pkey" PRIMARY KEY ("evaluationId"),
    CONSTRAINT "EvaluationAnswers_one_outcome_each"
      CHECK (octet_length("probabilities") = 8 * cardinality("outcomes") AND array_position("outcomes", NULL) IS NULL)
);

ALTER TABLE "EvaluationAnswers" ADD CONSTRAINT "EvaluationAnswers_evaluationId_fkey" FOREIGN KEY ("evaluationId") REFERENCES "Evaluation"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

CREATE TRIGGER "EvaluationAnswers_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "EvaluationAnswers"
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_history();
