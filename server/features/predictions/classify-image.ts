import { batched } from '../../api/batched.js';
import { loadImages } from '../images/load-images.js';
import { loadCellTypes, loadClasses } from '../models/load-models.js';
import { loadReviewsOfPredictions } from '../reviews/load-reviews.js';
import {
  firstAnswer,
  inferAndStore,
  type PredictionFacts,
  predictionRow,
  type PredictionToRecord,
  repeatOf,
  restoreImage,
  WHOLE_IMAGE,
} from './answer-image.js';
import {
  answerRequest,
  type ClassifyContext,
  type ImageRequest,
  RepeatedRequestError,
} from './answer-request.js';
import type { FirstAnswer } from './first-answers.js';
import { loadPredictions, type PredictionRow } from './load-predictions.js';
import { retryAfterErasure } from './retry-after-erasure.js';
import { waitForDependency } from './wait-for-dependency.js';

/**
 * Classifies an image. When this resolves, the image is in the object store and the prediction in the database. An
 * image that cannot be read, that finds the queue full, or whose sender disconnects before the answer, leaves nothing behind.
 * An image that the version has answered before gets the same answer again, as a separate prediction. A repeated request with the
 * same id and content gets the first prediction.
 */
export function classifyImage(context: ClassifyContext, request: ImageRequest): Promise<PredictionRow> {
  return answerRequest(context, request, {
    operation: 'classify',
    deadlineMs: context.config.classifyDeadlineMs,
    findRecorded: async (id) => (await batched(context, loadPredictions).load(id)) ?? null, // a program that may only classify gets its answer too
    answer: ({ facts: ofImage, bytes, waitedMs }, signal) => {
      const facts = { ...ofImage, ...WHOLE_IMAGE };
      return retryAfterErasure(
        () => answer(context, facts, bytes, waitedMs, signal),
        () => context.firstAnswers.recent.remove(facts),
      );
    },
  });
}

async function answer(
  context: ClassifyContext,
  facts: PredictionFacts,
  bytes: Uint8Array,
  waitedMs: number,
  signal: AbortSignal,
): Promise<PredictionRow> {
  const { isNew, answer } = await firstAnswer(context.firstAnswers, facts, signal, (isErased) =>
    answerNew(context, { ...facts, isErased }, bytes, waitedMs, signal),
  );
  return isNew ? answer.prediction : answerRepeat(context, answer, facts, bytes, signal);
}

/** Runs the network on an image that this version has not answered before, and records the answer. */
async function answerNew(
  context: ClassifyContext,
  { isErased, ...facts }: PredictionFacts & { isErased: boolean },
  bytes: Uint8Array,
  waitedMs: number,
  signal: AbortSignal,
): Promise<FirstAnswer & { prediction: PredictionRow }> {
  const { result, answer } = await inferAndStore(context, { ...facts, isErased }, bytes, signal);
  const classes = answer.probabilities.map(({ label }) => label);
  batched(context, loadClasses).prime(facts.modelVersionId, classes);
  const cellTypes = (answer.cellTypes ?? []).map(({ label }) => label);
  batched(context, loadCellTypes).prime(facts.modelVersionId, cellTypes);
  const timing = { ...result.timing, queueMs: result.timing.queueMs + waitedMs };
  const row = predictionRow({ ...result, timing }, answer, facts);
  const prediction = await record(context, row, signal);
  context.shadow.afterAnswer(prediction, bytes);
  return { prediction, image: row.image };
}

async function answerRepeat(
  context: ClassifyContext,
  first: FirstAnswer,
  facts: PredictionFacts,
  bytes: Uint8Array,
  signal: AbortSignal,
): Promise<PredictionRow> {
  await restoreImage(context, { ...first.image, bytes }, signal);
  return record(context, repeatOf(first, facts), signal);
}

async function record(
  context: ClassifyContext,
  row: PredictionToRecord,
  signal: AbortSignal,
): Promise<PredictionRow> {
  const recording = context.recordPrediction({ actor: context, ...row });
  const createdAt = await waitForDependency('database', signal, recording);
  if (!createdAt) throw new RepeatedRequestError('Another attempt of the request was recorded.');
  const { prediction, image } = row;
  // The response need not read again what was just written.
  batched(context, loadImages).prime(image.sha256, image);
  batched(context, loadReviewsOfPredictions).prime(prediction.id, []);
  context.metrics.classified(prediction);
  return { ...prediction, createdAt, reviewed: false };
}
