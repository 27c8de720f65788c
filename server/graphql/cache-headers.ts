import type { ApolloServerPlugin } from '@apollo/server';
import { OperationTypeNode } from 'graphql';

/**
 * Says which responses a client may keep. The result of a query that was sent by GET may be kept by that client alone, who asks
 * each time whether it is still valid (ETag). Everything else is not kept.
 *
 * The response to a mutation can contain a secret, such as a new API token, beside text that the request chose. Compressed together,
 * the length of the response would reveal something about the secret (BREACH), so these responses are not compressed.
 */
export const cacheHeaders: ApolloServerPlugin = {
  requestDidStart: async () => ({
    willSendResponse: async ({ request, operation, response: { body, http } }) => {
      if (operation?.operation === OperationTypeNode.MUTATION)
        http.headers.set('cache-control', 'no-store, no-transform');
      const isGet = request.http?.method === 'GET';
      if (!isGet || body.kind !== 'single' || body.singleResult.errors) return;
      http.headers.set('cache-control', 'private, no-cache');
      http.headers.set('vary', 'Cookie, Authorization');
    },
  }),
};
