import { GraphQLError } from 'graphql';
import { ErrorCode } from './error-codes.js';

export function unauthenticated(
  message = 'Sign in first. Programs can send an API token instead.',
): GraphQLError {
  return new GraphQLError(message, { extensions: { code: ErrorCode.UNAUTHENTICATED } });
}

export function isUnauthenticated(error: unknown): boolean {
  return error instanceof GraphQLError && error.extensions.code === ErrorCode.UNAUTHENTICATED;
}

/** @param reason completes the sentence 'The token was refused: …' */
export function tokenRefused(reason: string): GraphQLError {
  return new GraphQLError(`The token was refused: ${reason}.`, {
    extensions: { code: ErrorCode.UNAUTHENTICATED },
  });
}

export function forbidden(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: ErrorCode.FORBIDDEN } });
}

/** A stored image cannot be served because it is missing or damaged. The cause is the object store, not the request. */
export function storedImageFault(fault: 'MISSING' | 'DAMAGED', message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: ErrorCode[`STORED_IMAGE_${fault}`] } });
}

/** A file of a model version cannot be served because it is missing or damaged. The cause is the object store, not the request. */
export function modelFileFault(fault: 'MISSING' | 'DAMAGED', message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: ErrorCode[`MODEL_FILE_${fault}`] } });
}

/** An argument that names an object that does not exist, or that the caller may not see. */
export function notFound(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: ErrorCode.NOT_FOUND } });
}

/** An argument of the right type with an invalid value, such as `first: -1`. */
export function badUserInput(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: ErrorCode.BAD_USER_INPUT } });
}

/** A query that reached its time limit. */
export function timedOut(limitMs: number): GraphQLError {
  return new GraphQLError(
    `The query was stopped because it took longer than ${limitMs / 1000} s. Request smaller pages, fewer nested lists or a narrower filter.`,
    { extensions: { code: ErrorCode.TIMED_OUT } },
  );
}

/**
 * A request that is refused because there are too many.
 * @param status 429 if the caller sends too many, 503 if all callers together do
 */
export function overloaded(message: string, status: 429 | 503, retryAfterSeconds = 1): GraphQLError {
  const headers = new Map([['retry-after', String(retryAfterSeconds)]]);
  return new GraphQLError(message, {
    extensions: { code: ErrorCode.OVERLOADED, http: { status, headers } },
  });
}

/** A request whose body is incomplete or invalid. Its HTTP status is 400, even where an operation notices it. */
export function brokenRequest(message: string): GraphQLError {
  return new GraphQLError(message, {
    extensions: { code: ErrorCode.BAD_USER_INPUT, http: { status: 400 } },
  });
}

/** An HTTP request that is not a valid GraphQL request. */
export function badRequest(message: string): GraphQLError {
  return new GraphQLError(message, {
    extensions: { code: ErrorCode.BAD_REQUEST, http: { status: 400 } },
  });
}

/** A request whose body has a media type that the route does not read. */
export function unsupportedMediaType(message: string): GraphQLError {
  return new GraphQLError(message, {
    extensions: { code: ErrorCode.BAD_USER_INPUT, http: { status: 415 } },
  });
}
