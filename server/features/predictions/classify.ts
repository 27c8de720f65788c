import type { Upload } from 'graphql-upload-minimal';
import { authorise } from '../../api/authorise.js';
import { batched } from '../../api/batched.js';
import type { RequestContext } from '../../api/context.js';
import { hasControlCharacters } from '../../api/control-characters.js';
import { cutShort, withDeadline } from '../../concurrency/cut-short.js';
import { grouped } from '../../concurrency/grouped.js';
import { plainText } from '../../api/plain-text.js';
import { UserErrorCode, UserErrorException, userError } from '../../api/user-error.js';
import { ArtifactError, sha256 as sha256Of } from '../../artifact/artifact.js';
import { newId } from '../../database/ids.js';
import { encodeEvidence } from '../../imaging/evidence-map.js';
import { UnreadableImageError } from '../../imaging/unreadable-image.js';
import { ModelLoadError, OverloadedError } from '../../inference/errors.js';
import { interpret } from '../../inference/interpret.js';
import { type Dependency, UnavailableError } from '../../unavailable-error.js';
import { imageKey } from '../../storage/keys.js';
import { type ImageToStore, keepStoredImage } from '../../storage/stored-images.js';
import { loadImages } from '../images/load-images.js';
import type { ImageRow } from '../images/types.js';
import { loadClasses } from '../models/load-models.js';
import { loadReviewsOfPredictions } from '../reviews/load-reviews.js';
import { type Asked, chooseVersion } from './choose-version.js';
import { type FirstAnswer, type Question, findFirstAnswers, recentAnswersOf } from './first-answers.js';
import type { PredictionRow } from './load-predictions.js';
import { readUpload, tooLarge } from '../../api/upload/read-upload.js';
import { isFaultOfRows, recordPredictions } from './record-predictions.js';
import type { ClassifyInput } from './types.js';

const LONGEST_CASE_REFERENCE = 200;
const LONGEST_FILE_NAME = 255;

export interface ImageToClassify extends Asked {
  bytes: Uint8Array;
  fileName: string | null;
  caseReference: string | null;
}

/** The mutation: reads the upload and classifies it. */
export async function classify(
  context: RequestContext,
  upload: Upload,
  input: ClassifyInput,
): Promise<{ prediction: PredictionRow }> {
  authorise(context, 'classify');
  const prediction = await classifyImage(context, {
    ...(await readUpload(context, upload, context.config.maxUploadBytes)),
    caseReference: input.caseReference ?? null,
    modelName: input.modelName ?? null,
    modelVersionId: input.modelVersionId ?? null,
  });
  return { prediction };
}

/**
 * Classifies an image and keeps both: when this returns, the image is in the object store and the prediction in the
 * database. An image that cannot be read, that finds the queue full, or whose sender goes away before it has an answer, leaves
 * nothing behind. An image that this version has answered before gets that answer again, as a prediction of its own.
 */
export async function classifyImage(context: RequestContext, image: ImageToClassify): Promise<PredictionRow> {
  const begin = performance.now();
  const viewer = authorise(context, 'classify');
  const { bytes } = image;
  const { maxUploadBytes, classifyDeadlineMs } = context.config;
  if (bytes.byteLength > maxUploadBytes) throw tooLarge(maxUploadBytes);
  const caseReference = validCaseReference(image.caseReference);
  const fileName = baseName(image.fileName);
  const request = { createdById: viewer.id, caseReference, fileName, begin };

  return withDeadline(context.signal, classifyDeadlineMs, tooLate, async (signal) => {
    const modelVersionId = await unlessHangs('database', signal, chooseVersion(context, image));
    const question = { imageSha256: sha256Of(bytes), modelVersionId };
    const first = await firstAnswer(context, question, signal, () =>
      answerAndRecord(context, question, request, bytes, signal),
    );
    return first.isOwn ? first.prediction : recordRepeat(context, request, first, bytes, signal);
  });
}

/** What a prediction says of the request that it answers. */
interface RequestFacts {
  createdById: string;
  caseReference: string | null;
  fileName: string | null;
  /** When the image was whole, on the clock of `performance`. */
  begin: number;
}

/**
 * The first answer to the question, which is `make`'s if nobody has asked before (`isOwn`). Those who ask while it is being made
 * wait for it; when whoever makes it goes away, the next of them makes it.
 */
async function firstAnswer(
  context: RequestContext,
  question: Question,
  signal: AbortSignal,
  make: () => Promise<FirstAnswer>,
): Promise<FirstAnswer & { isOwn: boolean }> {
  const recent = recentAnswersOf(context.database);
  for (let underWay = recent.find(question); underWay; underWay = recent.find(question)) {
    try {
      return { ...(await cutShort(signal, underWay)), isOwn: false };
    } catch (error) {
      if (isUnreadable(error)) throw error; // whoever sends it
      signal.throwIfAborted();
    }
  }
  let isOwn = false;
  const answer = (async () => {
    const known = await unlessHangs(
      'database',
      signal,
      grouped(context.database, findFirstAnswers)(question),
    );
    if (known) return known;
    isOwn = true;
    return make();
  })();
  recent.add(question, answer);
  const first = await answer;
  return { ...first, isOwn };
}

async function answerAndRecord(
  context: RequestContext,
  question: Question,
  { begin, ...request }: RequestFacts,
  bytes: Uint8Array,
  signal: AbortSignal,
): Promise<FirstAnswer> {
  const { result, answer, draft } = await cutShort(signal, answerOf(context, question, bytes, signal));
  batched(context, loadClasses).prime(
    question.modelVersionId,
    answer.probabilities.map(({ label }) => label),
  );
  const image = { sha256: question.imageSha256, ...result.image, byteSize: bytes.byteLength };
  const { mediaType } = image;
  const outcome = await unlessHangs('object store', signal, draft.putOnce(mediaType, signal));
  if (outcome === 'exists') await keep(context, { ...image, bytes }, signal); // from here on it is kept
  const evidence = encodeEvidence(result.evidence);
  const prediction = await record(context, signal, image, evidence, {
    ...request,
    ...question,
    outcome: answer.outcome,
    label: answer.label,
    confidence: answer.confidence,
    probabilities: answer.probabilities.map(({ probability }) => probability),
    outOfDistributionScore: answer.outOfDistributionScore,
    qualityWarnings: result.qualityWarnings,
    repeatOfId: null,
    ...result.timing,
    totalMs: performance.now() - begin,
  });
  context.shadow.afterAnswer(prediction, bytes);
  return { prediction, image };
}

async function recordRepeat(
  context: RequestContext,
  { begin, ...request }: RequestFacts,
  { prediction, image }: FirstAnswer,
  bytes: Uint8Array,
  signal: AbortSignal,
): Promise<PredictionRow> {
  await keep(context, { ...image, bytes }, signal);
  const { id: repeatOfId, createdAt: _createdAt, reviewed: _reviewed, ...answer } = prediction;
  const timing = { decodeMs: 0, queueMs: 0, inferenceMs: 0, totalMs: performance.now() - begin };
  return record(context, signal, image, null, { ...answer, ...request, repeatOfId, ...timing });
}

/** An image that has been stored before may have been lost or damaged since: these bytes restore it. */
function keep(context: RequestContext, image: ImageToStore, signal: AbortSignal): Promise<void> {
  return unlessHangs('object store', signal, keepStoredImage(context, image, signal));
}

/**
 * What comes of `work` in the database or the object store. Where the deadline passes meanwhile, it is that which does not
 * answer; what it was asked to record may still be recorded.
 */
async function unlessHangs<Result>(
  dependency: Dependency,
  signal: AbortSignal,
  work: Promise<Result>,
): Promise<Result> {
  try {
    return await cutShort(signal, work);
  } catch (error) {
    if (!(error instanceof TooLateError)) throw error;
    throw new UnavailableError(dependency, 'unreachable', { cause: error });
  }
}

async function record(
  context: RequestContext,
  signal: AbortSignal,
  image: ImageRow,
  evidence: Uint8Array | null,
  answer: Omit<PredictionRow, 'id' | 'createdAt' | 'reviewed'>,
): Promise<PredictionRow> {
  const prediction = { id: newId('pred'), ...answer };
  const { id } = prediction;
  const recording = grouped(context.database, recordPredictions, isFaultOfRows);
  const createdAt = await unlessHangs(
    'database',
    signal,
    recording({ actor: context, prediction, image, evidence }),
  );

  // What was written just now need not be read again for the answer.
  batched(context, loadImages).prime(image.sha256, image);
  batched(context, loadReviewsOfPredictions).prime(id, []);
  context.metrics.classified(prediction);
  return { ...prediction, createdAt, reviewed: false };
}

/** What the version says of the image, whose bytes are on their way into the store; or a failure, and then they are not. */
async function answerOf(
  { served, inference, store }: RequestContext,
  { imageSha256, modelVersionId }: Question,
  bytes: Uint8Array,
  signal: AbortSignal,
) {
  try {
    return await served.use(modelVersionId, async ({ manifest }) => {
      const inferring = inference.infer(modelVersionId, bytes, signal);
      await Promise.race([inferring, Promise.resolve()]); // for an image that the pool refuses at once nothing is written
      const draft = store.draft(imageKey(imageSha256), bytes);
      try {
        const result = await inferring;
        signal.throwIfAborted();
        return { result, answer: interpret(manifest, result.logit, result.embedding), draft };
      } catch (error) {
        await draft.discard();
        throw error;
      }
    });
  } catch (error) {
    if (error instanceof UnreadableImageError) {
      throw userError(UserErrorCode.UNREADABLE_IMAGE, error.message, ['image']);
    }
    if (error instanceof OverloadedError) {
      throw userError(UserErrorCode.OVERLOADED, 'Too many images wait already: send it again in a moment.');
    }
    if (error instanceof ArtifactError || error instanceof ModelLoadError) {
      throw userError(
        UserErrorCode.NO_ACTIVE_MODEL,
        `That version does not load on this server: ${error.message}`,
        ['input', 'modelVersionId'],
      );
    }
    throw error;
  }
}

function isUnreadable(error: unknown): boolean {
  return (
    error instanceof UserErrorException &&
    error.errors.some(({ code }) => code === UserErrorCode.UNREADABLE_IMAGE)
  );
}

/** The deadline has passed. */
class TooLateError extends UserErrorException {
  constructor() {
    const message = 'The image waited too long for its answer: send it again in a moment.';
    super([{ code: UserErrorCode.OVERLOADED, message, field: null }]);
  }
}

function tooLate(): TooLateError {
  return new TooLateError();
}

/** Without the space around it; null for nothing. Ends the operation with INVALID where it is too long or no plain text. */
export function validCaseReference(caseReference: string | null): string | null {
  const trimmed = caseReference?.trim() || null;
  if (trimmed === null) return null;
  const field = ['input', 'caseReference'];
  if (trimmed.length > LONGEST_CASE_REFERENCE) {
    throw userError(
      UserErrorCode.INVALID,
      `A case reference has at most ${LONGEST_CASE_REFERENCE} characters.`,
      field,
    );
  }
  return plainText(trimmed, 'A case reference', field);
}

/** What people would call the file: no folders, nothing that no file system lets through, and not endless. */
function baseName(fileName: string | null): string | null {
  const name = fileName?.split(/[/\\]/).at(-1)?.trim().slice(-LONGEST_FILE_NAME);
  return !name || hasControlCharacters(name) ? null : name;
}
