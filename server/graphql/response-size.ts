import { type ExecutionResult, type FormattedExecutionResult, GraphQLError } from 'graphql';
import { ErrorCode } from '../api/errors.js';

/** The longest response of an operation, in characters of JSON. Exports and files are streamed and have no such limit. */
export const LONGEST_RESPONSE = 10_000_000;

/** The response as JSON, or as the JSON of an error if it is longer than `longest`. */
export function stringifyWithin(result: FormattedExecutionResult, longest = LONGEST_RESPONSE): string {
  const text = JSON.stringify(result);
  if (text.length <= longest) return text;
  const { extensions } = result;
  return JSON.stringify({
    errors: [responseTooLarge(text.length, longest).toJSON()],
    ...(extensions && { extensions }),
  });
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
