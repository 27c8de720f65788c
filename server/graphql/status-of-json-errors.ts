import type { ApolloServerPlugin } from '@apollo/server';
import { ApolloServerErrorCode } from '@apollo/server/errors';
import { ErrorCode } from '../api/errors.js';

const ofTheOperation: ReadonlySet<unknown> = new Set([
  ApolloServerErrorCode.GRAPHQL_PARSE_FAILED,
  ApolloServerErrorCode.GRAPHQL_VALIDATION_FAILED,
  ErrorCode.BAD_USER_INPUT,
]);

/**
 * A client that accepts only `application/json` receives the errors of an invalid operation with the status 200, as
 * https://graphql.github.io/graphql-over-http/draft/#sec-application-json recommends. All other clients receive 400.
 */
export const statusOfJsonErrors: ApolloServerPlugin = {
  requestDidStart: async () => ({
    willSendResponse: async ({ request, response: { body, http } }) => {
      const accepted = request.http?.headers.get('accept') ?? '';
      if (!accepted.startsWith('application/json') || accepted.includes('graphql-response')) return;
      if (body.kind !== 'single' || http.status !== 400) return;
      const { errors = [] } = body.singleResult;
      if (errors.every(({ extensions }) => ofTheOperation.has(extensions?.code))) http.status = 200;
    },
  }),
};
