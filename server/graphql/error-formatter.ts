import { randomUUID } from 'node:crypto';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { Logger } from 'pino';
import { callersErrorOf } from '../api/callers-error.js';
import { ErrorCode } from '../api/error-codes.js';

/** Whether graphql-js itself reports arguments or variables that do not fit. A resolver's exception has a code, or is the original error. */
function isOfGraphqlJs(error: unknown): boolean {
  if (!(error instanceof GraphQLError) || error.extensions.code !== undefined) return false;
  return !error.originalError || error.originalError instanceof GraphQLError;
}

/** What else an error says to programs: the costs of an operation that is too expensive, and the path to an invalid argument. */
function detailsOf(error: unknown): { cost?: unknown; argument?: unknown } {
  const { cost, argument } = error instanceof GraphQLError ? error.extensions : {};
  return { ...(cost !== undefined && { cost }), ...(argument !== undefined && { argument }) };
}

/**
 * Creates the function that formats every GraphQL error for the caller. Errors meant for callers keep their message and path
 * and get one code. Errors of an unavailable database or object store become UNAVAILABLE. All other errors are logged under
 * an id, and the caller receives only the id. Never throws.
 */
export function createErrorFormatter(log: Logger): (error: unknown) => GraphQLFormattedError {
  return (error) => {
    const { message, locations, path } = error instanceof GraphQLError ? error.toJSON() : { message: '' };
    const place = { ...(locations && { locations }), ...(path && { path }) };

    const err = error instanceof GraphQLError ? (error.originalError ?? error) : error;
    const known = isOfGraphqlJs(error) ? { code: ErrorCode.BAD_USER_INPUT, message } : callersErrorOf(error);
    if (known) {
      if (known.code === ErrorCode.UNAVAILABLE) log.warn({ err, path }, known.message);
      return { message: known.message, ...place, extensions: { code: known.code, ...detailsOf(error) } };
    }

    const id = randomUUID();
    log.error({ err, errorId: id, path }, 'A GraphQL operation failed');
    return {
      message: `Something went wrong. The server's log has details under ${id}.`,
      ...place,
      extensions: { code: ErrorCode.INTERNAL, id },
    };
  };
}
