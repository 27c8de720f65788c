import type { Logger } from 'pino';
import { hasControlCharacters } from '../../api/control-characters.js';
import { cutShort } from '../../concurrency/cut-short.js';
import type { Database } from '../../database/client.js';
import { newId } from '../../database/ids.js';
import { encodeEvidence } from '../../pixels/evidence-map.js';
import { UnreadableImageError } from '../../image-files/unreadable-image.js';
import { interpret, type Interpretation } from '../../decision/interpret.js';
import type { InferencePool } from '../../inference/pool.js';
import type { InferenceResult } from '../../inference/result.js';
import type { ServedVersions } from '../../serving/served-versions.js';
import { imageKey } from '../../storage/keys.js';
import type { Draft, ObjectStore } from '../../storage/object-store.js';
import { type ImageToStore, keepStoredImage } from '../../storage/stored-images.js';
import { reclaimErasedImage } from '../images/reclaim-erased-image.js';
import { numbersOf } from './box-of.js';
import type { ClientRequest } from '../client-requests/client-request.js';
import type { NewDeviceAnswer } from './device-answers/valid-device-answer.js';
import type { FirstAnswer, FirstAnswers, Question } from './first-answers.js';
import type { NewPrediction } from './record-predictions.js';
import { waitForDependency } from './wait-for-dependency.js';

// The steps of answering one image, for every caller: uploads, REST and folders. A caller finds or makes the first answer
// (`firstAnswer`, `inferAndStore`), builds the row (`predictionRow`, or `repeatOf` for a repeat) and records it.

/** What an answer is made with. */
export interface AnswerServices {
  database: Database;
  served: Pick<ServedVersions, 'use'>;
  inference: Pick<InferencePool, 'reserve'>;
  store: ObjectStore;
  log: Logger;
  firstAnswers: FirstAnswers;
}

/** What a prediction records about its image and its request. */
export interface PredictionFacts extends Question {
  byteSize: number;
  /** The field that the region belongs to; null for a whole image. */
  fieldId: string | null;
  createdById: string;
  caseReference: string | null;
  fileName: string | null;
  clientRequest?: ClientRequest | null;
  deviceAnswer?: NewDeviceAnswer | null;
  /** When the whole image was available, by `performance.now()`. */
  startedAt: number;
}

/** The facts of an image that is classified as a single cell. */
export const WHOLE_IMAGE = { region: [], fieldId: null } satisfies Partial<PredictionFacts>;

/** A row to be recorded, without the account that makes it. */
export type PredictionToRecord = Omit<NewPrediction, 'actor'>;

/**
 * The first answer to a question: found among recent or recorded answers, or else made by `make`. Callers who ask while
 * it is being made wait for it. When making it fails, the next of them makes it; an unreadable image fails for all of them.
 * `make` gets whether the image was erased: then {@link inferAndStore} must reclaim it.
 *
 * @param isProbablyNew whether to make an answer without looking for a recorded one
 */
export async function firstAnswer<Made extends FirstAnswer>(
  { recent, findRecorded }: FirstAnswers,
  question: Question,
  signal: AbortSignal,
  make: (isErased: boolean) => Promise<Made>,
  isProbablyNew: () => Promise<boolean> = () => Promise.resolve(false),
): Promise<{ isNew: true; answer: Made } | { isNew: false; answer: FirstAnswer }> {
  for (let pending = recent.find(question); pending; pending = recent.find(question)) {
    try {
      return { isNew: false, answer: await cutShort(signal, pending) };
    } catch (error) {
      if (error instanceof UnreadableImageError) throw error;
      signal.throwIfAborted();
    }
  }
  const finding = (async () => {
    if (await isProbablyNew()) return { isNew: true as const, answer: await make(false) };
    const recorded = await waitForDependency('database', signal, findRecorded(question));
    if (recorded.answer) return { isNew: false as const, answer: recorded.answer };
    return { isNew: true as const, answer: await make(recorded.isErased) };
  })();
  recent.add(
    question,
    finding.then(({ answer }) => answer),
  );
  return finding;
}

/**
 * Runs the version on an image while the image is written to the object store, and returns when both are done. When the queue
 * is full, the image cannot be read or `signal` aborts, nothing is stored.
 * @throws OverloadedError, UnreadableImageError; ArtifactError or ModelLoadError where the version cannot be loaded;
 *   UnavailableError where the object store does not answer in time
 */
export async function inferAndStore(
  services: AnswerServices,
  {
    imageSha256: sha256,
    modelVersionId,
    createdById,
    isErased,
  }: Question & Pick<PredictionFacts, 'createdById'> & { isErased: boolean },
  bytes: Uint8Array,
  signal: AbortSignal,
): Promise<{ result: InferenceResult; answer: Interpretation }> {
  const { served, inference, store } = services;
  const inferring = served.use(modelVersionId, async ({ manifest }) => {
    const place = inference.reserve(modelVersionId, signal, createdById); // a full queue refuses before anything is written
    const inferred = place.infer(bytes);
    const draft = store.draft(imageKey(sha256), bytes);
    try {
      const result = await inferred;
      signal.throwIfAborted();
      return { result, answer: interpret(manifest, result), draft };
    } catch (error) {
      await draft.discard();
      throw error;
    }
  });
  const { result, answer, draft } = await cutShort(signal, inferring);
  await putImage(services, draft, { sha256, bytes, mediaType: result.image.mediaType }, isErased, signal);
  return { result, answer };
}

/** Makes the draft of an image an object of the store, unless the store has it already. */
export async function putImage(
  { database, store, log }: Pick<AnswerServices, 'database' | 'store' | 'log'>,
  draft: Draft,
  image: ImageToStore,
  isErased: boolean,
  signal: AbortSignal,
): Promise<void> {
  const outcome = await waitForDependency('object store', signal, draft.putOnce(image.mediaType, signal));
  if (isErased)
    await waitForDependency('object store', signal, reclaimErasedImage({ database, store }, image, signal));
  else if (outcome === 'exists') await restoreImage({ store, log }, image, signal);
}

/** Makes sure that an image which was stored earlier is still there: where it is missing or damaged, these bytes restore it. */
export function restoreImage(
  services: Pick<AnswerServices, 'store' | 'log'>,
  image: ImageToStore,
  signal: AbortSignal,
): Promise<void> {
  return waitForDependency('object store', signal, keepStoredImage(services, image, signal));
}

/** The row of an answer that the network has just made. */
export function predictionRow(
  { image, evidence, frame, timing }: InferenceResult,
  answer: Interpretation,
  { byteSize, startedAt, clientRequest = null, deviceAnswer = null, ...request }: PredictionFacts,
): PredictionToRecord {
  return {
    clientRequest,
    deviceAnswer,
    image: { sha256: request.imageSha256, ...image, byteSize },
    evidence: encodeEvidence(evidence),
    prediction: {
      id: newId('pred'),
      ...request,
      frame: numbersOf(frame),
      outcome: answer.outcome,
      label: answer.label,
      confidence: answer.confidence,
      probabilities: answer.probabilities.map(({ probability }) => probability),
      cellTypes: (answer.cellTypes ?? []).map(({ probability }) => probability),
      cellType: answer.cellType,
      outOfDistributionScore: answer.outOfDistributionScore,
      qualityWarnings: answer.qualityWarnings,
      repeatOfId: null,
      ...timing,
      totalMs: performance.now() - startedAt,
    },
  };
}

/** The row of a repeat: the first answer, with the facts of this request. It shares the evidence map of the first. */
export function repeatOf(
  { prediction: first, image }: FirstAnswer,
  { byteSize: _byteSize, startedAt, clientRequest = null, deviceAnswer = null, ...request }: PredictionFacts,
): PredictionToRecord {
  const { frame, outcome, label, confidence, probabilities, cellTypes, cellType } = first;
  const { outOfDistributionScore, qualityWarnings } = first;
  return {
    clientRequest,
    deviceAnswer,
    image,
    evidence: null,
    prediction: {
      id: newId('pred'),
      ...request,
      ...{ frame, outcome, label, confidence, probabilities, cellTypes, cellType },
      ...{ outOfDistributionScore, qualityWarnings },
      repeatOfId: first.id,
      ...{ decodeMs: 0, queueMs: 0, inferenceMs: 0 },
      totalMs: performance.now() - startedAt,
    },
  };
}

const MAX_FILE_NAME = 255;

/**
 * The name of a file without its folders, at most its last 255 characters. Null where there is none, or where it has control
 * characters, which Postgres cannot store.
 */
export function fileNameOf(path: string | null): string | null {
  const name = path?.split(/[/\\]/).at(-1)?.trim() ?? '';
  const lastCharacters = Array.from(name).slice(-MAX_FILE_NAME).join('').trim();
  return lastCharacters === '' || hasControlCharacters(lastCharacters) ? null : lastCharacters;
}
