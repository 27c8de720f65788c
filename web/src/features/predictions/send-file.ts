import type { ApolloClient } from '@apollo/client';
import { describeError } from '../../app/describe-error.js';
import { graphql } from '../../graphql/index.js';
import type { SendFile } from './classification-queue.js';

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

/** How the classification queue sends a file: the classify mutation, its errors turned into sentences. */
export function sendFileWith(client: ApolloClient): SendFile {
  return async (image, target, { signal, onProgress }) => {
    const { data, error } = await client
      .mutate({
        mutation: classifyMutation,
        variables: { image, input: target },
        context: { uploadSignal: signal, uploadProgress: onProgress },
        errorPolicy: 'all',
      })
      .catch((cause: unknown) => Promise.reject(new Error(describeError(cause), { cause })));
    const prediction = data?.classify.prediction;
    if (prediction) return prediction;
    const sentences = data?.classify.userErrors.map(({ message }) => message).join(' ');
    throw new Error(sentences || describeError(error ?? 'The server gave no answer. Try it again.'));
  };
}
