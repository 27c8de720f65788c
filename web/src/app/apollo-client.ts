import { ApolloClient, ApolloLink, CombinedGraphQLErrors, HttpLink, InMemoryCache } from '@apollo/client';
import { ErrorLink } from '@apollo/client/link/error';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { relayStylePagination } from '@apollo/client/utilities';
import { OperationTypeNode } from 'graphql';
import { createClient, type Client } from 'graphql-ws';
import { possibleTypes } from './possible-types.js';
import { createUploadLink, hasFiles } from './upload-link.js';
import { viewerQuery } from '../session/viewer-query.js';

/**
 * Makes the Apollo client. Queries and mutations use HTTP, operations with files use multipart forms, and subscriptions use one
 * WebSocket. All of them send the session cookie.
 * @param base the URL of the app, to which the URL of the API is relative: the page's `document.baseURI`
 */
export function createApolloClient(base: string): ApolloClient {
  // Only open while a page has a subscription, so the next user who signs in opens a new one with their own cookie.
  const socket = createClient({
    url: new URL('graphql', base).href.replace(/^http/, 'ws'),
    retryAttempts: Number.POSITIVE_INFINITY,
    shouldRetry: () => true,
  });
  return new ApolloClient({ link: createLink(new URL('graphql', base).href, socket), cache: createCache() });
}

function createLink(uri: string, socket: Client): ApolloLink {
  const http = new HttpLink({ uri, headers: { 'apollo-require-preflight': 'true' } });
  const upload = createUploadLink(uri);
  return noticeSignOut().concat(
    ApolloLink.split(
      (operation) => operation.operationType === OperationTypeNode.SUBSCRIPTION,
      new GraphQLWsLink(socket),
      ApolloLink.split(hasFiles, upload, http),
    ),
  );
}

/** Shows the sign-in page when the session has ended on the server: the sign-in gate reads the viewer from the cache. */
function noticeSignOut(): ApolloLink {
  return new ErrorLink(({ error, operation }) => {
    if (!CombinedGraphQLErrors.is(error)) return;
    if (error.errors.some(({ extensions }) => extensions?.code === 'UNAUTHENTICATED')) {
      operation.client.writeQuery({ query: viewerQuery, data: { viewer: null } });
    }
  });
}

function createCache(): InMemoryCache {
  return new InMemoryCache({
    possibleTypes,
    typePolicies: {
      DatasetSnapshot: { fields: { items: relayStylePagination(['label']) } },
      // Objects without an id are stored in their parent object.
      DatasetItem: { keyFields: false },
      VersionComparison: { keyFields: false, merge: true },
      StoredImage: { keyFields: ['sha256'] },
    },
  });
}
