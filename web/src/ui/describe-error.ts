import { CombinedGraphQLErrors, ServerError, ServerParseError } from '@apollo/client';
import { httpProblem } from './http-problem.js';

/** What went wrong, in a sentence that a person can act on. */
export function describeError(error: unknown): string {
  if (CombinedGraphQLErrors.is(error)) return error.errors.map(({ message }) => message).join(' ');
  if (ServerError.is(error) || ServerParseError.is(error)) {
    return httpProblem(error.statusCode, error.bodyText);
  }
  // What fetch throws when nothing answered.
  if (error instanceof TypeError) return 'The server cannot be reached. Check the connection and try again.';
  return error instanceof Error ? error.message : String(error);
}
