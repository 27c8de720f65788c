-- In a transaction after 20261129130000_withdrawn_reviews, because it reads every change: it only keeps other schema changes out, not readers or writers.
ALTER TABLE "PredictionChange" VALIDATE CONSTRAINT "PredictionChange_names_the_review";
