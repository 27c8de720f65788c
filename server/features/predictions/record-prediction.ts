import { batched } from '../../api/batched.js';
import type { RequestContext } from '../../api/context.js';
import { notification } from '../../database/events.js';
import { auditEventInsert } from '../audit/record-audit-event.js';
import { loadImages } from '../images/load-images.js';
import { type ImageRow, storedImageOf } from '../images/types.js';
import { loadReviewsOfPredictions } from '../reviews/load-reviews.js';
import type { PredictionRow } from './load-predictions.js';

/**
 * Records an image that is in the object store (once), the prediction, and the audit event, and tells those who watch. It
 * is one statement, which is a transaction by itself: five statements and a commit, each with a journey to Postgres, took
 * as long as the network takes to classify.
 */
export async function recordPrediction(
  context: RequestContext,
  {
    image,
    prediction,
    evidence,
  }: { image: ImageRow; prediction: Omit<PredictionRow, 'createdAt'>; evidence: Uint8Array },
): Promise<PredictionRow> {
  const { id } = prediction;
  const [recorded] = await context.database.$queryRaw<{ createdAt: Date }[]>`
    WITH image AS (
      INSERT INTO "Image" (sha256, width, height, "byteSize", "mediaType")
      VALUES (${image.sha256}, ${image.width}, ${image.height}, ${image.byteSize}, ${image.mediaType})
      ON CONFLICT DO NOTHING
    ), prediction AS (
      INSERT INTO "Prediction" (
        id, "createdById", "caseReference", "fileName", "imageSha256", "modelVersionId", outcome, label, confidence,
        probabilities, "outOfDistributionScore", "qualityWarnings", evidence, "decodeMs", "queueMs", "inferenceMs", "totalMs"
      ) VALUES (
        ${id}, ${prediction.createdById}, ${prediction.caseReference}, ${prediction.fileName},
        ${prediction.imageSha256}, ${prediction.modelVersionId}, ${prediction.outcome}::"PredictionOutcome",
        ${prediction.label}, ${prediction.confidence}, ${prediction.probabilities},
        ${prediction.outOfDistributionScore}, ${prediction.qualityWarnings}, ${evidence},
        ${prediction.decodeMs}, ${prediction.queueMs}, ${prediction.inferenceMs}, ${prediction.totalMs}
      ) RETURNING "createdAt"
    ), event AS (
      ${auditEventInsert(context, { action: 'IMAGE_CLASSIFIED', entityId: id })}
    ), notified AS (
      ${notification({ type: 'prediction-created', id })}
    )
    SELECT "createdAt" FROM prediction WHERE (SELECT count(*) FROM notified) = 1`;
  if (!recorded) throw new Error(`Postgres recorded prediction ${id} without saying when.`);

  // What was written just now need not be read again for the answer.
  batched(context, loadImages).prime(image.sha256, storedImageOf(image));
  batched(context, loadReviewsOfPredictions).prime(id, []);
  return { ...prediction, ...recorded };
}
