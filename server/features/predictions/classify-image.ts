import { authorise } from '../../api/authorise.js';
import { batched } from '../../api/batched.js';
import type { RequestContext } from '../../api/context.js';
import { tooLarge } from '../../api/upload/read-upload.js';
import { UserErrorCode, userError } from '../../api/user-error.js';
import { ArtifactError, sha256 } from '../../artifact/artifact.js';
import { withDeadline } from '../../concurrency/cut-short.js';
import { UnreadableImageError } from '../../imaging/unreadable-image.js';
import { ModelLoadError, OverloadedError } from '../../inference/errors.js';
import { siteOfNew } from '../accounts/sites/site-of-new.js';
import { loadImages } from '../images/load-images.js';
import { loadClasses } from '../models/load-models.js';
import { loadReviewsOfPredictions } from '../reviews/load-reviews.js';
import {
  fileNameOf,
  firstAnswer,
  inferAndStore,
  type PredictionFacts,
  predictionRow,
  type PredictionToRecord,
  repeatOf,
  restoreImage,
} from './answer-image.js';
import { validCaseReference } from './case-reference.js';
import { type ClientRequest, clientRequestOf, createdByRequest, requestErased } from './client-request.js';
import { chooseVersion, type VersionChoice } from './choose-version.js';
import type { FirstAnswer } from './first-answers.js';
import { loadPredictions, type PredictionRow } from './load-predictions.js';
import type { PredictionServices } from './prediction-services.js';
import { isErasedMeanwhile } from './record-predictions.js';
import { DeadlineError, waitForDependency } from './wait-for-dependency.js';

export type ClassifyContext = RequestContext & PredictionServices;

export interface ImageRequest extends VersionChoice {
  /** Reads the image. Called only for users who may classify. */
  readImage: () => Promise<{ bytes: Uint8Array; fileName: string | null }>;
  caseReference: string | null;
  /** The id that the sender chose for this request, to repeat it safely; null without one. */
  clientRequestId?: string | null;
  /** The number of the image in a request with several, which have one id together. Omit it for a single image. */
  part?: number;
  /** One of the user's sites; null: the first. */
  siteId?: string | null;
}

/**
 * Classifies an image. When this resolves, the image is in the object store and the prediction in the database. An
 * image that cannot be read, that finds the queue full, or whose sender disconnects before the answer, leaves nothing behind.
 * An image that the version has answered before gets the same answer again, as a separate prediction. A repeated request with the
 * same id and content gets the first prediction.
 */
export async function classifyImage(context: ClassifyContext, request: ImageRequest): Promise<PredictionRow> {
  const viewer = authorise(context, 'classify');
  const { bytes, fileName } = await request.readImage();
  const startedAt = performance.now();
  const { maxUploadBytes, classifyDeadlineMs } = context.config;
  if (bytes.byteLength > maxUploadBytes) throw tooLarge(maxUploadBytes);
  const imageSha256 = sha256(bytes);
  const { modelName, modelVersionId, siteId = null } = request;
  const caseReference = validCaseReference(request.caseReference);
  const content = ['classify', imageSha256, caseReference, modelName, modelVersionId, siteId];
  const clientRequest = clientRequestOf(request.clientRequestId ?? null, content, request.part);
  const sent = {
    createdById: viewer.id,
    caseReference,
    clientRequest,
    imageSha256,
    fileName: fileNameOf(fileName),
    byteSize: bytes.byteLength,
    startedAt,
  };

  return withDeadline(context.signal, classifyDeadlineMs, newDeadlineError, async (signal) => {
    const earlier = clientRequest && (await earlierPrediction(context, viewer.id, clientRequest, signal));
    if (earlier) return earlier;
    const endTurn = await context.imageTurns.take(viewer.id, signal);
    const waitedMs = performance.now() - startedAt;
    try {
      const modelVersionId = await waitForDependency('database', signal, chooseVersion(context, request));
      const choosing = siteOfNew(context, viewer, request.siteId ?? null);
      const siteId = await waitForDependency('database', signal, choosing);
      const facts = { ...sent, siteId, modelVersionId };
      return await answer(context, facts, bytes, waitedMs, signal).catch((error: unknown) => {
        if (!isErasedMeanwhile(error)) throw error;
        context.firstAnswers.recent.remove(facts);
        return answer(context, facts, bytes, waitedMs, signal);
      });
    } catch (error) {
      // Another attempt of the same request has been recorded first.
      const first = error instanceof RepeatedRequestError && clientRequest;
      const recorded = first && (await earlierPrediction(context, viewer.id, first, signal));
      if (recorded) return recorded;
      throw error;
    } finally {
      endTurn();
    }
  }).catch(explainToCaller);
}

/** The prediction that the same request made before; null if it made none. */
async function earlierPrediction(
  context: ClassifyContext,
  userId: string,
  request: ClientRequest,
  signal: AbortSignal,
): Promise<PredictionRow | null> {
  const id = await waitForDependency('database', signal, createdByRequest(context.database, userId, request));
  if (id === null) return null;
  const prediction = await batched(context, loadPredictions).load(id); // a program that may only classify gets its answer too
  if (!prediction) throw requestErased();
  return prediction;
}

/** The request's prediction was not recorded, because another attempt of the same request was. */
class RepeatedRequestError extends Error {}

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

function newDeadlineError(): DeadlineError {
  return new DeadlineError();
}

/** Throws what the caller can correct as a user error, and everything else unchanged. */
function explainToCaller(error: unknown): never {
  if (error instanceof UnreadableImageError) {
    throw userError(UserErrorCode.UNREADABLE_IMAGE, error.message, ['image']);
  }
  if (error instanceof OverloadedError) {
    throw userError(UserErrorCode.OVERLOADED, 'Too many images are waiting. Try again in a moment.');
  }
  if (error instanceof ArtifactError || error instanceof ModelLoadError) {
    throw userError(
      UserErrorCode.NO_ACTIVE_MODEL,
      `This version cannot be loaded on this server: ${error.message}`,
      ['input', 'modelVersionId'],
    );
  }
  throw error;
}
