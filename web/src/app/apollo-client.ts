import { ApolloClient, ApolloLink, CombinedGraphQLErrors, HttpLink, InMemoryCache } from '@apollo/client';
import { ErrorLink } from '@apollo/client/link/error';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { relayStylePagination } from '@apollo/client/utilities';
import { OperationTypeNode } from 'graphql';
import { createClient, type Client } from 'graphql-ws';
import { createUploadLink, hasFiles } from './upload-link.js';
import { viewerQuery } from './viewer-query.js';

/** Queries and mutations over HTTP, files as multipart forms, subscriptions over one WebSocket, all with the cookie. */
export function createApolloClient(location: Location): ApolloClient {
  // Open while a page subscribes to something: whoever signs in next opens one with their own cookie.
  const socket = createClient({
    url: `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/graphql`,
    retryAttempts: Number.POSITIVE_INFINITY,
    shouldRetry: () => true,
  });
  return new ApolloClient({ link: createLink(socket), cache: createCache() });
}

function createLink(socket: Client): ApolloLink {
  const http = new HttpLink({ uri: '/graphql', headers: { 'apollo-require-preflight': 'true' } });
  const upload = createUploadLink('/graphql');
  return noticeSignOut().concat(
    ApolloLink.split(
      (operation) => operation.operationType === OperationTypeNode.SUBSCRIPTION,
      new GraphQLWsLink(socket),
      ApolloLink.split(hasFiles, upload, http),
    ),
  );
}

/** A session that ended on the server ends here too: the sign-in gate reads the viewer from the cache. */
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
    typePolicies: {
      DatasetSnapshot: { fields: { items: relayStylePagination(['label']) } },
      // Parts without an id of their own belong to what they are a part of.
      DatasetItem: { keyFields: false },
      StoredImage: { keyFields: ['sha256'] },
    },
  });
}
