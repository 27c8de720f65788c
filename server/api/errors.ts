import { GraphQLError } from 'graphql';

/** The `extensions.code` of GraphQL errors that are not user errors. Any other exception becomes INTERNAL. */
export enum ErrorCode {
  UNAUTHENTICATED = 'UNAUTHENTICATED',
  FORBIDDEN = 'FORBIDDEN',
  BAD_USER_INPUT = 'BAD_USER_INPUT',
  /** The cost of the operation is above the limit of its caller; `extensions.cost` has both. */
  QUERY_TOO_EXPENSIVE = 'QUERY_TOO_EXPENSIVE',
  /** The result is longer than a response may be. */
  RESPONSE_TOO_LARGE = 'RESPONSE_TOO_LARGE',
  /** The operation reached its time limit and was stopped. */
  TIMED_OUT = 'TIMED_OUT',
  /** The caller, or everyone together, sends more than the server accepts. The same request may succeed in a moment. */
  OVERLOADED = 'OVERLOADED',
  /** The database or the object store is unavailable. The same request may succeed in a moment. */
  UNAVAILABLE = 'UNAVAILABLE',
  /** A stored image no longer exists. */
  STORED_IMAGE_MISSING = 'STORED_IMAGE_MISSING',
  /** The bytes of a stored image have changed. */
  STORED_IMAGE_DAMAGED = 'STORED_IMAGE_DAMAGED',
  /** A file of a model version no longer exists. */
  MODEL_FILE_MISSING = 'MODEL_FILE_MISSING',
  /** The bytes of a file of a model version have changed since it was registered. */
  MODEL_FILE_DAMAGED = 'MODEL_FILE_DAMAGED',
  INTERNAL = 'INTERNAL_SERVER_ERROR',
}

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
    extensions: { code: ErrorCode.UNAUTHENTICATED, http: { status: 401 } },
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

/** A request whose body has a media type that the route does not read. */
export function unsupportedMediaType(message: string): GraphQLError {
  return new GraphQLError(message, {
    extensions: { code: ErrorCode.BAD_USER_INPUT, http: { status: 415 } },
  });
}
