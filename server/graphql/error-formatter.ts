import { ApolloServerErrorCode } from '@apollo/server/errors';
import { randomUUID } from 'node:crypto';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { Logger } from 'pino';
import { ErrorCode } from '../api/errors.js';
import { UserErrorException } from '../api/user-error.js';
import { unavailableOf } from '../outages/unavailable-of.js';

// Errors that callers receive unchanged: those that the server throws for callers, and Apollo's about the request itself.
const meantForCallers: ReadonlySet<unknown> = new Set([
  ErrorCode.UNAUTHENTICATED,
  ErrorCode.FORBIDDEN,
  ErrorCode.BAD_USER_INPUT,
  ErrorCode.QUERY_TOO_EXPENSIVE,
  ErrorCode.RESPONSE_TOO_LARGE,
  ErrorCode.TIMED_OUT,
  ErrorCode.OVERLOADED,
  ErrorCode.STORED_IMAGE_MISSING,
  ErrorCode.STORED_IMAGE_DAMAGED,
  ErrorCode.MODEL_FILE_MISSING,
  ErrorCode.MODEL_FILE_DAMAGED,
  ApolloServerErrorCode.BAD_REQUEST,
  ApolloServerErrorCode.GRAPHQL_PARSE_FAILED,
  ApolloServerErrorCode.GRAPHQL_VALIDATION_FAILED,
  ApolloServerErrorCode.OPERATION_RESOLUTION_FAILURE,
  ApolloServerErrorCode.PERSISTED_QUERY_NOT_SUPPORTED,
]);

/** The code of an error that is shown to callers; null for internal errors. */
function callersCode(error: unknown): unknown {
  if (!(error instanceof GraphQLError)) return null;
  const { extensions, originalError } = error;
  if (extensions.code !== undefined) return meantForCallers.has(extensions.code) ? extensions.code : null;
  // Without a code: a resolver's exception, or graphql-js itself about arguments and variables that do not fit.
  if (!originalError || originalError instanceof GraphQLError) return ErrorCode.BAD_USER_INPUT;
  // A field without a payload cannot report it in any other way.
  if (originalError instanceof UserErrorException) return ErrorCode.BAD_USER_INPUT;
  // The upload middleware's own, such as a file that the request announces and does not contain.
  if ('expose' in originalError && originalError.expose === true) return ErrorCode.BAD_USER_INPUT;
  return null;
}

/** The costs in an error about an operation that is too expensive. */
function costOf(error: unknown): { cost?: unknown } {
  const cost = error instanceof GraphQLError ? error.extensions.cost : undefined;
  return cost === undefined ? {} : { cost };
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

    const code = callersCode(error);
    if (code !== null) return { message, ...place, extensions: { code, ...costOf(error) } };

    const err = error instanceof GraphQLError ? (error.originalError ?? error) : error;
    const unavailable = unavailableOf(err);
    if (unavailable) {
      log.warn({ err, path }, unavailable.message);
      return { message: unavailable.message, ...place, extensions: { code: ErrorCode.UNAVAILABLE } };
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
