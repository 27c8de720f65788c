import type { ApolloServerPlugin } from '@apollo/server';
import { type ExecutionResult, type FormattedExecutionResult, GraphQLError } from 'graphql';
import { ErrorCode } from '../api/error-codes.js';

/** The longest response of an operation, in characters of JSON. Exports and files are streamed and have no such limit. */
export const LONGEST_RESPONSE = 10_000_000;

/** The JSON of results that were measured, by their data, so that it is written only once. Apollo copies the result itself. */
const texts = new WeakMap<object, string>();

/** Replaces a result that is longer than `longest` by an error. Only plugins that add nothing to the result may come after it. */
export function limitResponses(longest = LONGEST_RESPONSE): ApolloServerPlugin {
  return {
    requestDidStart: async () => ({
      willSendResponse: async ({ response: { body } }) => {
        if (body.kind !== 'single') return;
        const text = JSON.stringify(body.singleResult);
        if (text.length <= longest) {
          if (body.singleResult.data) texts.set(body.singleResult.data, text);
          return;
        }
        const { extensions } = body.singleResult;
        const errors = [responseTooLarge(text.length, longest).toJSON()];
        body.singleResult = { errors, ...(extensions && { extensions }) };
      },
    }),
  };
}

/** The result as JSON. */
export function textOf(result: FormattedExecutionResult): string {
  return (result.data && texts.get(result.data)) ?? JSON.stringify(result);
}

/** The error for a result that is too long to be sent; null for any other. */
export function tooLargeToSend(result: ExecutionResult, longest = LONGEST_RESPONSE): GraphQLError | null {
  const { length } = JSON.stringify(result);
  return length <= longest ? null : responseTooLarge(length, longest);
}

function responseTooLarge(length: number, longest: number): GraphQLError {
  const inWords = (count: number) => count.toLocaleString('en-GB');
  return new GraphQLError(
    `The response has ${inWords(length)} characters, and at most ${inWords(longest)} are sent. Request smaller pages ('first') or fewer long texts.`,
    { extensions: { code: ErrorCode.RESPONSE_TOO_LARGE } },
  );
}
