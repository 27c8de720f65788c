import { batched } from '../../api/batched.js';
import { imageKey } from '../../storage/keys.js';
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
import { AnsweredBeforeError, retryIfImageChanged } from './retry-if-image-changed.js';
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
      let isFirstAttempt = true;
      return retryIfImageChanged(
        () => answer(context, facts, { bytes, waitedMs, isFirstAttempt }, signal),
        () => {
          isFirstAttempt = false;
          context.firstAnswers.recent.remove(facts);
        },
      );
    },
  });
}

interface Attempt {
  bytes: Uint8Array;
  waitedMs: number;
  isFirstAttempt: boolean;
}

async function answer(
  context: ClassifyContext,
  facts: PredictionFacts,
  { bytes, waitedMs, isFirstAttempt }: Attempt,
  signal: AbortSignal,
): Promise<PredictionRow> {
  // An answered image is in the store, unless it was erased or lost. So one that the store lacks is not looked up in the database,
  // and the statement that records it checks that it is new. If it is not, the second attempt looks it up.
  let isUnchecked = false;
  const isProbablyNew = async () => {
    if (!isFirstAttempt) return false;
    const asking = context.store.surelyLacks(imageKey(facts.imageSha256));
    isUnchecked = await waitForDependency('object store', signal, asking);
    return isUnchecked;
  };
  const { isNew, answer } = await firstAnswer(
    context.firstAnswers,
    facts,
    signal,
    (isErased) => answerNew(context, { ...facts, isErased, isUnchecked }, bytes, waitedMs, signal),
    isProbablyNew,
  );
  return isNew ? answer.prediction : answerRepeat(context, answer, facts, bytes, signal);
}

/** Runs the network on an image that this version has not answered before, and records the answer. */
async function answerNew(
  context: ClassifyContext,
  { isErased, isUnchecked, ...facts }: PredictionFacts & { isErased: boolean; isUnchecked: boolean },
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
  const row = { ...predictionRow({ ...result, timing }, answer, facts), isUnchecked };
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
  const { prediction, image, isUnchecked } = row;
  if (!createdAt && isUnchecked) throw new AnsweredBeforeError();
  if (!createdAt) throw new RepeatedRequestError('Another attempt of the request was recorded.');
  // The response need not read again what was just written.
  batched(context, loadImages).prime(image.sha256, image);
  batched(context, loadReviewsOfPredictions).prime(prediction.id, []);
  context.metrics.classified(prediction);
  return { ...prediction, createdAt, reviewed: false };
}
