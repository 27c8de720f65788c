import { type ApolloClient, ServerError } from '@apollo/client';
import { graphql } from '../../graphql/index.js';
import { isUnauthenticated } from '../../session/is-unauthenticated.js';
import { describeError } from '../../ui/describe-error.js';
import { SignedOutError, UnusableFileError, type SendFile } from './classification-queue.js';
import { showsSeveralCells } from './shows-several-cells.js';

const classifyMutation = graphql(`
  mutation Classify($image: Upload!, $input: ClassifyInput) {
    classify(image: $image, input: $input) {
      prediction {
        ...Answer
      }
      userErrors {
        code
        message
      }
    }
  }
`);

const classifyFieldMutation = graphql(`
  mutation ClassifyField($image: Upload!, $input: ClassifyInput) {
    classifyField(image: $image, input: $input) {
      field {
        ...FieldSummary
      }
      userErrors {
        code
        message
      }
    }
  }
`);

/** Makes the function that sends one file to the server, as a cell or a field, and rejects with a readable error message. */
export function sendFileWith(client: ApolloClient): SendFile {
  return async (image, { picture, held, ...target }, { requestId, signal, onProgress }) => {
    const asField = picture === 'field' || (picture === 'automatic' && (await showsSeveralCells(image)));
    signal.throwIfAborted();
    const ofDevice = held && !asField ? { deviceAnswer: held.deviceAnswer } : {};
    const input = { ...target, clientRequestId: requestId, ...ofDevice };
    const options = {
      variables: { image, input },
      context: { uploadSignal: signal, uploadProgress: onProgress },
      errorPolicy: 'all',
    } as const;
    if (asField) {
      const { data, error } = await client
        .mutate({ mutation: classifyFieldMutation, ...options })
        .catch(rejectReadably);
      const field = data?.classifyField.field;
      if (field) return { kind: 'answered as a field', field };
      throw refusal(data?.classifyField.userErrors, error);
    }
    const { data, error } = await client
      .mutate({ mutation: classifyMutation, ...options })
      .catch(rejectReadably);
    const prediction = data?.classify.prediction;
    if (prediction) return { kind: 'answered', prediction };
    throw refusal(data?.classify.userErrors, error);
  };
}

function rejectReadably(cause: unknown): never {
  if (isUnauthenticated(cause)) throw new SignedOutError();
  throw failure(describeError(cause), isTooLarge(cause));
}

/** Why a response has no result: what the user can correct, or else the error of the request. */
function refusal(userErrors: readonly { code: string; message: string }[] = [], error: unknown): Error {
  if (isUnauthenticated(error)) return new SignedOutError();
  if (userErrors.length === 0)
    return failure(describeError(error ?? 'The server sent no result. Try again.'), isTooLarge(error));
  const sentences = userErrors.map(({ message }) => message).join(' ');
  return failure(
    sentences,
    userErrors.some(({ code }) => faultsOfFiles.includes(code)),
  );
}

/** Codes of user errors that the file itself causes, so that it would fail again. */
const faultsOfFiles = ['TOO_LARGE', 'UNREADABLE_IMAGE'];

const failure = (message: string, isOfFile: boolean) =>
  isOfFile ? new UnusableFileError(message) : new Error(message);

/** Whether the server or a proxy refused the request because of its size. */
const isTooLarge = (error: unknown) => ServerError.is(error) && error.statusCode === 413;
