import { GraphQLError } from 'graphql';

/** `extensions.code` of every GraphQL error that is not a user error. Anything else that is thrown becomes INTERNAL. */
export enum ErrorCode {
  UNAUTHENTICATED = 'UNAUTHENTICATED',
  FORBIDDEN = 'FORBIDDEN',
  BAD_USER_INPUT = 'BAD_USER_INPUT',
  /** The database or the object store is away for now: the same request may work in a moment. */
  UNAVAILABLE = 'UNAVAILABLE',
  /** A stored image is gone. */
  STORED_IMAGE_MISSING = 'STORED_IMAGE_MISSING',
  /** A stored image has other bytes than those that were stored. */
  STORED_IMAGE_DAMAGED = 'STORED_IMAGE_DAMAGED',
  /** A file of a model version is gone. */
  MODEL_FILE_MISSING = 'MODEL_FILE_MISSING',
  /** A file of a model version has other bytes than those that were registered. */
  MODEL_FILE_DAMAGED = 'MODEL_FILE_DAMAGED',
  INTERNAL = 'INTERNAL_SERVER_ERROR',
}

export function unauthenticated(): GraphQLError {
  return new GraphQLError(
    "Sign in first: with the signIn mutation (a session cookie) or an 'Authorization: Bearer …' header.",
    { extensions: { code: ErrorCode.UNAUTHENTICATED } },
  );
}

export function forbidden(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: ErrorCode.FORBIDDEN } });
}

/** A stored image cannot be given out, because it is missing or damaged: a fault of the object store, not of the request. */
export function storedImageFault(fault: 'MISSING' | 'DAMAGED', message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: ErrorCode[`STORED_IMAGE_${fault}`] } });
}

/** A file of a model version cannot be given out, because it is missing or damaged: a fault of the object store, too. */
export function modelFileFault(fault: 'MISSING' | 'DAMAGED', message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: ErrorCode[`MODEL_FILE_${fault}`] } });
}

/** An argument that the schema's types let through but that means nothing, such as `first: -1`. */
export function badUserInput(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: ErrorCode.BAD_USER_INPUT } });
}

/** A request whose body is no whole form, or none that means anything: 400 over HTTP wherever it is noticed, within an operation too. */
export function brokenRequest(message: string): GraphQLError {
  return new GraphQLError(message, {
    extensions: { code: ErrorCode.BAD_USER_INPUT, http: { status: 400 } },
  });
}
