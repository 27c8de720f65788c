import type { Upload } from 'graphql-upload-minimal';
import { setMaxListeners } from 'node:events';
import { authorise } from '../../api/authorise.js';
import { callersErrorOf } from '../../api/callers-error.js';
import { ErrorCode } from '../../api/error-codes.js';
import { readFile } from '../../api/upload/read-upload.js';
import { type UserError, UserErrorCode, UserErrorException, userError } from '../../api/user-error.js';
import { Turns } from '../../concurrency/turns.js';
import type { ClassifyContext, ImageRequest } from './answer-request.js';
import { classifyImage } from './classify-image.js';
import { clientRequestOf } from '../client-requests/client-request.js';
import { refuseDeviceAnswer } from './device-answers/refuse-device-answer.js';
import type { PredictionRow } from './load-predictions.js';

/** The maximum number of images in one request. */
export const MOST_IMAGES = 50;
/**
 * Images of one request that are in memory at the same time. The next is read from the connection when one of them has been
 * recorded or refused.
 */
const IMAGES_AT_ONCE = 4;

/** What became of one image: a prediction, errors that the caller can correct, or any other error. */
export interface ClassifiedImageRow {
  fileName: string | null;
  prediction: PredictionRow | null;
  userErrors: UserError[];
  fault: Error | null;
}

/**
 * Classifies several images of a request, each as {@link classifyImage} does. An image that fails does not affect the others. The
 * files are read in the order in which they arrive; an image is classified once all of its bytes have arrived, even
 * if the rest of the request does not.
 * @returns one result for each upload, in their order
 * @throws a user error INVALID for no image or more than {@link MOST_IMAGES}, or an invalid request id
 */
export async function classifyImages(
  context: ClassifyContext,
  uploads: readonly Upload[],
  request: Omit<ImageRequest, 'readImage' | 'part'>,
): Promise<ClassifiedImageRow[]> {
  authorise(context, 'classify');
  if (uploads.length === 0 || uploads.length > MOST_IMAGES) {
    const message = `Send between 1 and ${MOST_IMAGES} images in a request, not ${uploads.length}.`;
    throw userError(UserErrorCode.INVALID, message, ['images']);
  }
  refuseDeviceAnswer(request);
  clientRequestOf(request.clientRequestId ?? null, []); // refuses an invalid id before any image is read
  setMaxListeners(0, context.signal); // some for each image
  const places = new Turns<null>({ atOnce: IMAGES_AT_ONCE });
  return Promise.all(
    uploads.map((upload, index) => classifyUpload(context, upload, { ...request, part: index }, places)),
  );
}

async function classifyUpload(
  context: ClassifyContext,
  upload: Upload,
  request: Omit<ImageRequest, 'readImage'> & { part: number },
  places: Turns<null>,
): Promise<ClassifiedImageRow> {
  let fileName: string | null = null;
  let leave = () => {};
  try {
    const file = await upload.promise; // the files before it have been read
    fileName = file.filename || null;
    leave = await places.take(null, context.signal);
    const readImage = async () => ({ bytes: await readFile(file, context.config.maxUploadBytes), fileName });
    const prediction = await classifyImage(context, { ...request, readImage });
    return { fileName, prediction, userErrors: [], fault: null };
  } catch (error) {
    leave(); // the rest of the form may need the place
    const reason = await reasonOf(error, context);
    const userErrors = userErrorsOf(reason, request.part);
    return {
      fileName,
      prediction: null,
      userErrors,
      fault: userErrors.length === 0 ? asError(reason) : null,
    };
  } finally {
    leave();
  }
}

/** What is wrong with the form, if that is why a file could not be read; otherwise the error itself. */
async function reasonOf(error: unknown, { formRead }: ClassifyContext): Promise<unknown> {
  if (error instanceof UserErrorException || callersErrorOf(error)?.code !== ErrorCode.BAD_USER_INPUT)
    return error;
  return formRead.then(
    () => error,
    (broken: unknown) => broken,
  );
}

/** The errors that the caller can correct, about the image at a place of the list; none for any other error. */
function userErrorsOf(error: unknown, index: number): UserError[] {
  const ofImage = ['images', String(index)];
  if (error instanceof UserErrorException) {
    return error.errors.map(({ code, field, message }) => ({
      code,
      field: field?.[0] === 'image' ? ofImage : (field ?? null),
      message,
    }));
  }
  // A form without the file, or that uses it twice.
  const known = callersErrorOf(error);
  if (known?.code !== ErrorCode.BAD_USER_INPUT) return [];
  return [{ code: UserErrorCode.INVALID, field: ofImage, message: known.message }];
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
