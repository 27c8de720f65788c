import { GraphQLEnumType } from 'graphql';

/**
 * The codes of errors, for GraphQL (`extensions.code`, over HTTP, WebSocket and server-sent events) and for all other routes
 * (`code`). `userErrors` have the codes of `UserErrorCode`: the same names, except that INVALID is BAD_USER_INPUT here.
 */
export enum ErrorCode {
  UNAUTHENTICATED = 'UNAUTHENTICATED',
  FORBIDDEN = 'FORBIDDEN',
  BAD_USER_INPUT = 'BAD_USER_INPUT',
  NOT_FOUND = 'NOT_FOUND',
  CONFLICT = 'CONFLICT',
  TOO_LARGE = 'TOO_LARGE',
  UNREADABLE_IMAGE = 'UNREADABLE_IMAGE',
  NO_ACTIVE_MODEL = 'NO_ACTIVE_MODEL',
  GATE_FAILED = 'GATE_FAILED',
  OVERLOADED = 'OVERLOADED',
  UNAVAILABLE = 'UNAVAILABLE',
  QUERY_TOO_EXPENSIVE = 'QUERY_TOO_EXPENSIVE',
  RESPONSE_TOO_LARGE = 'RESPONSE_TOO_LARGE',
  TIMED_OUT = 'TIMED_OUT',
  REQUEST_TIMED_OUT = 'REQUEST_TIMED_OUT',
  STORED_IMAGE_MISSING = 'STORED_IMAGE_MISSING',
  STORED_IMAGE_DAMAGED = 'STORED_IMAGE_DAMAGED',
  MODEL_FILE_MISSING = 'MODEL_FILE_MISSING',
  MODEL_FILE_DAMAGED = 'MODEL_FILE_DAMAGED',
  BAD_REQUEST = 'BAD_REQUEST',
  GRAPHQL_PARSE_FAILED = 'GRAPHQL_PARSE_FAILED',
  GRAPHQL_VALIDATION_FAILED = 'GRAPHQL_VALIDATION_FAILED',
  OPERATION_RESOLUTION_FAILURE = 'OPERATION_RESOLUTION_FAILURE',
  PERSISTED_QUERY_NOT_FOUND = 'PERSISTED_QUERY_NOT_FOUND',
  PERSISTED_QUERY_NOT_SUPPORTED = 'PERSISTED_QUERY_NOT_SUPPORTED',
  INTERNAL = 'INTERNAL_SERVER_ERROR',
}

export interface ErrorCodeFacts {
  /** The HTTP status of a response without data. */
  status: number;
  meaning: string;
  /** What the caller can do. */
  remedy: string;
  /** Whether the same request may succeed when it is sent again. */
  retry: 'never' | 'later';
}

/** What each code means. The schema, docs/errors.md and the HTTP status of every response come from this list. */
export const errorCodes: Readonly<Record<ErrorCode, ErrorCodeFacts>> = {
  UNAUTHENTICATED: {
    status: 401,
    meaning:
      'The caller is not signed in, or the API token is unknown, was revoked or has expired; the message says which.',
    remedy: 'Sign in, or send a valid API token.',
    retry: 'never',
  },
  FORBIDDEN: {
    status: 403,
    meaning: 'The user’s roles or sites, or the scopes of the API token, do not allow this.',
    remedy: 'Ask an administrator for the role, site or scope that the message names.',
    retry: 'never',
  },
  BAD_USER_INPUT: {
    status: 400,
    meaning:
      'An argument, variable, parameter or form is invalid, or a filter has a value that nothing can match.',
    remedy: 'Correct what the message names.',
    retry: 'never',
  },
  NOT_FOUND: {
    status: 404,
    meaning: 'There is no object with this id or name, or the caller may not see it.',
    remedy: 'Check the id or name.',
    retry: 'never',
  },
  CONFLICT: {
    status: 409,
    meaning:
      'The state of the object does not allow this, or the id of a request was used for other content.',
    remedy: 'Read the object again, then decide.',
    retry: 'never',
  },
  TOO_LARGE: {
    status: 413,
    meaning: 'The body or a file is larger than the server accepts.',
    remedy: 'Send a smaller file. The message has the limit.',
    retry: 'never',
  },
  UNREADABLE_IMAGE: {
    status: 422,
    meaning: 'The file is not an image that can be classified.',
    remedy: 'Send another image. The message says what is wrong with this one.',
    retry: 'never',
  },
  NO_ACTIVE_MODEL: {
    status: 503,
    meaning: 'No version can classify now, because the model has no champion or its champion does not load.',
    remedy: 'Name a version, or ask an ML engineer to promote one.',
    retry: 'later',
  },
  GATE_FAILED: {
    status: 409,
    meaning: 'The version did not pass all promotion gates.',
    remedy: 'Read the gates that failed in the message.',
    retry: 'never',
  },
  OVERLOADED: {
    status: 503,
    meaning:
      'The caller (status 429), or all callers together (status 503), send more than the server accepts.',
    remedy: 'Send less at the same time. Wait as many seconds as the header Retry-After says.',
    retry: 'later',
  },
  UNAVAILABLE: {
    status: 503,
    meaning: 'The database, the object store or the identity provider does not answer.',
    remedy: 'Wait as many seconds as the header Retry-After says.',
    retry: 'later',
  },
  QUERY_TOO_EXPENSIVE: {
    status: 400,
    meaning:
      'The operation costs more than its caller may request. `extensions.cost` has the cost and the limit.',
    remedy: 'Request smaller pages or fewer nested lists.',
    retry: 'never',
  },
  RESPONSE_TOO_LARGE: {
    status: 400,
    meaning: 'The result is longer than a response may be.',
    remedy: 'Request smaller pages or fewer long texts.',
    retry: 'never',
  },
  TIMED_OUT: {
    status: 400,
    meaning: 'The query reached its time limit and was stopped.',
    remedy: 'Request smaller pages, fewer nested lists or a narrower filter.',
    retry: 'never',
  },
  REQUEST_TIMED_OUT: {
    status: 408,
    meaning: 'The body of the request arrived too slowly.',
    remedy: 'Sign in first, or send it faster.',
    retry: 'later',
  },
  STORED_IMAGE_MISSING: {
    status: 500,
    meaning: 'A stored image no longer exists in the object store.',
    remedy: 'Ask an administrator to restore the object store from a backup.',
    retry: 'never',
  },
  STORED_IMAGE_DAMAGED: {
    status: 500,
    meaning: 'The bytes of a stored image have changed.',
    remedy: 'Ask an administrator to restore the object store from a backup.',
    retry: 'never',
  },
  MODEL_FILE_MISSING: {
    status: 500,
    meaning: 'A file of a model version no longer exists in the object store.',
    remedy: 'Ask an administrator to restore the object store from a backup.',
    retry: 'never',
  },
  MODEL_FILE_DAMAGED: {
    status: 500,
    meaning: 'The bytes of a file of a model version have changed since it was registered.',
    remedy: 'Ask an administrator to restore the object store from a backup.',
    retry: 'never',
  },
  BAD_REQUEST: {
    status: 400,
    meaning: 'The HTTP request is not a valid GraphQL request.',
    remedy: 'Correct what the message names.',
    retry: 'never',
  },
  GRAPHQL_PARSE_FAILED: {
    status: 400,
    meaning: 'The operation has a syntax error, or too many tokens.',
    remedy: 'Correct the operation.',
    retry: 'never',
  },
  GRAPHQL_VALIDATION_FAILED: {
    status: 400,
    meaning: 'The operation does not fit the schema, or is too deep or has too many aliases.',
    remedy: 'Correct the operation.',
    retry: 'never',
  },
  OPERATION_RESOLUTION_FAILURE: {
    status: 400,
    meaning: 'The document has several operations, and the request names none of them.',
    remedy: 'Send operationName.',
    retry: 'never',
  },
  PERSISTED_QUERY_NOT_FOUND: {
    status: 200,
    meaning: 'The server does not know the operation of this hash.',
    remedy:
      'Send the operation together with its hash. Clients with persisted queries do that automatically.',
    retry: 'never',
  },
  PERSISTED_QUERY_NOT_SUPPORTED: {
    status: 200,
    meaning: 'The server does not accept operations by their hash.',
    remedy: 'Send the operation.',
    retry: 'never',
  },
  INTERNAL_SERVER_ERROR: {
    status: 500,
    meaning: 'The server failed. The message has the id under which its log has details.',
    remedy: 'Send the id to an administrator.',
    retry: 'later',
  },
};

/** Whether a value is one of the codes above. */
export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(errorCodes, code);
}

/** The codes as a type of the schema. No field has it, because `extensions` has no type. */
export const errorCodeType = new GraphQLEnumType({
  name: 'ErrorCode',
  description:
    'The codes of errors, in `extensions.code`. The same codes are in the responses of all other routes, as `code`. Later releases may add others.',
  values: Object.fromEntries(
    Object.entries(errorCodes)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([code, { meaning, status }]) => [code, { description: `${meaning} HTTP status ${status}.` }]),
  ),
});
