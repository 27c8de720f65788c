import { authorise } from '../../api/authorise.js';
import type { RequestContext, Viewer } from '../../api/context.js';
import { tooLarge } from '../../api/upload/read-upload.js';
import { UserErrorCode, userError } from '../../api/user-error.js';
import { ArtifactError, sha256 } from '../../artifact/artifact.js';
import { withDeadline } from '../../concurrency/cut-short.js';
import { UnreadableImageError } from '../../image-files/unreadable-image.js';
import { ModelLoadError, OverloadedError } from '../../inference/errors.js';
import { siteOfNew } from '../accounts/sites/site-of-new.js';
import { fileNameOf, type PredictionFacts } from './answer-image.js';
import { validCaseReference } from './case-reference.js';
import { chooseVersion, type VersionChoice } from './choose-version.js';
import {
  type ClientRequest,
  clientRequestOf,
  createdByRequest,
  requestErased,
} from '../client-requests/client-request.js';
import type { DeviceAnswerInput } from './device-answers/types.js';
import { validDeviceAnswer } from './device-answers/valid-device-answer.js';
import type { PredictionServices } from './prediction-services.js';
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
  /** What a version answered on the user's device before; only of a single image. */
  deviceAnswer?: DeviceAnswerInput | null;
}

/** An image whose turn has come. */
export interface AdmittedImage {
  bytes: Uint8Array;
  /** The facts of the image and its request. */
  facts: Omit<PredictionFacts, 'region' | 'fieldId'>;
  /** Milliseconds that the image has waited for its turn. */
  waitedMs: number;
  /** Ends the turn, so that the account's next image may begin. Called when the answer is recorded, if not before. */
  endTurn: () => void;
}

/** How a kind of request is answered. */
export interface Answering<Row> {
  /** Names the kind in the request's content. */
  operation: string;
  /** The largest number of milliseconds between the end of the upload and the answer. */
  deadlineMs: number;
  /** Reads what an earlier request with the same id has recorded; null if it was erased. */
  findRecorded: (id: string) => Promise<Row | null>;
  /** Answers the image and records the answer. @throws RepeatedRequestError if another attempt of the request has been recorded */
  answer: (image: AdmittedImage, signal: AbortSignal) => Promise<Row>;
}

/** Nothing was recorded, because another attempt of the same request was. */
export class RepeatedRequestError extends Error {
  override readonly name = 'RepeatedRequestError';
}

/**
 * The steps of every request that sends an image to be classified: checks the request, returns what the same request has recorded
 * before, waits for the account's turn, chooses version and site, and answers.
 */
export async function answerRequest<Row>(
  context: ClassifyContext,
  request: ImageRequest,
  { operation, deadlineMs, findRecorded, answer }: Answering<Row>,
): Promise<Row> {
  const viewer = authorise(context, 'classify');
  const { bytes, fileName } = await request.readImage();
  const startedAt = performance.now();
  const { maxUploadBytes } = context.config;
  if (bytes.byteLength > maxUploadBytes) throw tooLarge(maxUploadBytes);
  const imageSha256 = sha256(bytes);
  const { modelName, modelVersionId, siteId = null, deviceAnswer = null } = request;
  const caseReference = validCaseReference(request.caseReference);
  // Without the answer of the device: the image may have been classified there between two attempts to upload it.
  const content = [operation, imageSha256, caseReference, modelName, modelVersionId, siteId];
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

  return withDeadline(context.signal, deadlineMs, newDeadlineError, async (signal) => {
    const earlier =
      clientRequest && (await recordedBefore(context, viewer, clientRequest, findRecorded, signal));
    if (earlier) return earlier;
    const endTurn = await context.imageTurns.take(viewer.id, signal);
    const waitedMs = performance.now() - startedAt;
    try {
      const choose = async () => {
        const modelVersionId = await chooseVersion(context, request);
        const siteId = await siteOfNew(context, viewer, request.siteId ?? null);
        const ofDevice = deviceAnswer && (await validDeviceAnswer(context, deviceAnswer));
        return { siteId, modelVersionId, ...(ofDevice && { deviceAnswer: ofDevice }) };
      };
      const facts = { ...sent, ...(await waitForDependency('database', signal, choose())) };
      const image = { bytes, facts, waitedMs, endTurn };
      return await answer(image, signal);
    } catch (error) {
      // Another attempt of the same request has been recorded first.
      const first = error instanceof RepeatedRequestError && clientRequest;
      const recorded = first && (await recordedBefore(context, viewer, first, findRecorded, signal));
      if (recorded) return recorded;
      throw error;
    } finally {
      endTurn();
    }
  }).catch(explainToCaller);
}

/** What the same request recorded before; null if it recorded nothing. */
async function recordedBefore<Row>(
  { database }: RequestContext,
  viewer: Viewer,
  request: ClientRequest,
  findRecorded: (id: string) => Promise<Row | null>,
  signal: AbortSignal,
): Promise<Row | null> {
  const id = await waitForDependency('database', signal, createdByRequest(database, viewer.id, request));
  if (id === null) return null;
  const recorded = await findRecorded(id);
  if (recorded === null) throw requestErased();
  return recorded;
}

function newDeadlineError(): DeadlineError {
  return new DeadlineError();
}

/** Throws what the caller can correct as a user error, and everything else unchanged. */
export function explainToCaller(error: unknown): never {
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
