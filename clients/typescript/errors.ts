/** One error of a GraphQL response. */
export interface GraphqlError {
  message: string;
  path?: readonly (string | number)[];
  /** `code` is one of the error codes in the documentation, such as 'UNAUTHENTICATED'. */
  extensions?: { code?: string };
}

/** The server refused the operation, or failed. The message is that of the first error, for people. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  /** The code of the first error, such as 'FORBIDDEN'; null without one. */
  readonly code: string | null;

  /**
   * @param errors all errors of the response
   * @param data what the response contained besides the errors
   * @param retryAfterMs how long the server asks to wait before the operation is sent again, in milliseconds; null if it does not say so
   */
  constructor(
    readonly errors: readonly GraphqlError[],
    readonly data: unknown = null,
    readonly retryAfterMs: number | null = null,
  ) {
    super(errors[0]?.message ?? 'The response has neither data nor errors.');
    this.code = errors[0]?.extensions?.code ?? null;
  }

  /** Whether nothing was done, and the same operation may succeed in a moment. */
  get isTemporary(): boolean {
    return this.code === 'OVERLOADED' || this.code === 'UNAVAILABLE';
  }
}

/** No response of the API came: the server could not be reached, or the connection was lost. Whether the operation ran is unknown. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
}
