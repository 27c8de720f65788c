import type { ApolloServerPlugin } from '@apollo/server';
import { ErrorCode, errorCodes, isErrorCode } from '../api/error-codes.js';

const ofTheOperation: ReadonlySet<unknown> = new Set([
  ErrorCode.GRAPHQL_PARSE_FAILED,
  ErrorCode.GRAPHQL_VALIDATION_FAILED,
  ErrorCode.BAD_USER_INPUT,
]);

/**
 * Gives a response without any data the HTTP status of its first error, as all other routes do. A response with the data of at
 * least one root field has the status 200.
 *
 * A client that accepts only `application/json` receives the errors of an invalid operation with the status 200, as
 * https://graphql.github.io/graphql-over-http/draft/#sec-application-json recommends.
 */
export const statusOfErrors: ApolloServerPlugin = {
  requestDidStart: async () => ({
    willSendResponse: async ({ request, response: { body, http } }) => {
      if (body.kind !== 'single') return;
      const { data, errors = [] } = body.singleResult;
      const [first] = errors;
      if (!first || hasData(data)) return;
      // Apollo sets a status for errors of the request, and `overloaded` has one; 500 is only Apollo's default.
      if (http.status === undefined || http.status === 500) http.status = statusOf(first.extensions?.code);
      if (http.status === 401) http.headers.set('www-authenticate', 'Bearer');
      if (http.status === 503 && !http.headers.has('retry-after')) http.headers.set('retry-after', '1');

      const accepted = request.http?.headers.get('accept') ?? '';
      const acceptsOnlyJson =
        accepted.startsWith('application/json') && !accepted.includes('graphql-response');
      const isOfTheOperation = errors.every(({ extensions }) => ofTheOperation.has(extensions?.code));
      if (acceptsOnlyJson && isOfTheOperation && http.status === 400) http.status = 200;
    },
  }),
};

function hasData(data: Record<string, unknown> | null | undefined): boolean {
  return data != null && Object.values(data).some((value) => value !== null);
}

function statusOf(code: unknown): number {
  return isErrorCode(code) ? errorCodes[code].status : 500;
}
