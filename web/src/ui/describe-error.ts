import { CombinedGraphQLErrors, ServerError, ServerParseError } from '@apollo/client';
import { httpProblem } from './http-problem.js';

/** Converts an error to a message for the user. */
export function describeError(error: unknown): string {
  if (CombinedGraphQLErrors.is(error)) return error.errors.map(({ message }) => message).join(' ');
  if (ServerError.is(error) || ServerParseError.is(error)) {
    return httpProblem(error.statusCode, error.bodyText);
  }
  // fetch throws a TypeError if there is no connection.
  if (error instanceof TypeError) return 'The server cannot be reached. Check the connection and try again.';
  return error instanceof Error ? error.message : String(error);
}
