import { type ApolloClient, ServerError } from '@apollo/client';
import { describeError } from '../../ui/describe-error.js';
import { graphql } from '../../graphql/index.js';
import { FileTooLargeError, type SendFile } from './classification-queue.js';

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

/** Makes the function that sends one file to the server and rejects with a readable error message. */
export function sendFileWith(client: ApolloClient): SendFile {
  return async (image, target, { signal, onProgress }) => {
    const { data, error } = await client
      .mutate({
        mutation: classifyMutation,
        variables: { image, input: target },
        context: { uploadSignal: signal, uploadProgress: onProgress },
        errorPolicy: 'all',
      })
      .catch((cause: unknown) => Promise.reject(failure(describeError(cause), isTooLarge(cause))));
    const prediction = data?.classify.prediction;
    if (prediction) return prediction;
    const userErrors = data?.classify.userErrors ?? [];
    if (userErrors.length === 0)
      throw failure(describeError(error ?? 'The server sent no result. Try again.'), isTooLarge(error));
    const sentences = userErrors.map(({ message }) => message).join(' ');
    throw failure(
      sentences,
      userErrors.some(({ code }) => code === 'TOO_LARGE'),
    );
  };
}

const failure = (message: string, tooLarge: boolean) =>
  tooLarge ? new FileTooLargeError(message) : new Error(message);

/** Whether the server or a proxy refused the request because of its size. */
const isTooLarge = (error: unknown) => ServerError.is(error) && error.statusCode === 413;
