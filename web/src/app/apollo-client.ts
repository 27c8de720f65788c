import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from '@apollo/client';
import { ErrorLink } from '@apollo/client/link/error';
import { relayStylePagination } from '@apollo/client/utilities';
import { OperationTypeNode } from 'graphql';
import { Observable } from 'rxjs';
import { possibleTypes } from './possible-types.js';
import { createSubscriptionLink } from './subscription-link.js';
import { createUploadLink, hasFiles } from './upload-link.js';
import { isUnauthenticated } from '../session/is-unauthenticated.js';
import { onSignIn } from '../session/on-sign-in.js';
import { viewerQuery } from '../session/viewer-query.js';

/**
 * Makes the Apollo client. Queries and mutations use HTTP, operations with files use multipart forms, and subscriptions use one
 * WebSocket. All of them send the session cookie.
 * @param base the URL of the app, to which the URL of the API is relative: the page's `document.baseURI`
 */
export function createApolloClient(base: string): ApolloClient {
  const uri = new URL('graphql', base).href;
  const subscriptions = createSubscriptionLink(uri);
  const sessions = { count: 0 };
  const client = new ApolloClient({
    link: createLink(uri, subscriptions.link, sessions),
    cache: createCache(),
  });
  onSignIn(client, (isSameUser) => {
    sessions.count += 1;
    if (sessions.count === 1 || !isSameUser) return;
    subscriptions.reconnect();
    void client.refetchQueries({ include: 'active' });
  });
  return client;
}

/** How many sessions have begun since the page was loaded. */
interface Sessions {
  count: number;
}

function createLink(uri: string, subscriptions: ApolloLink, sessions: Sessions): ApolloLink {
  const http = new HttpLink({ uri, headers: { 'apollo-require-preflight': 'true' } });
  const upload = createUploadLink(uri);
  return noticeSignOut(sessions).concat(
    ApolloLink.split(
      (operation) => operation.operationType === OperationTypeNode.SUBSCRIPTION,
      restartAfterSignIn().concat(subscriptions),
      ApolloLink.split(hasFiles, upload, http),
    ),
  );
}

/**
 * Asks the user to sign in when the session has ended on the server: the sign-in gate reads the viewer from the cache. A late answer to a
 * request of an earlier session says nothing about the present one.
 */
function noticeSignOut(sessions: Sessions): ApolloLink {
  return new ApolloLink((operation, forward) => {
    const session = sessions.count;
    const notice = new ErrorLink(({ error }) => {
      if (isUnauthenticated(error) && session === sessions.count) {
        operation.client.writeQuery({ query: viewerQuery, data: { viewer: null } });
      }
    });
    return notice.request(operation, forward);
  });
}

/** Subscriptions end with their session. They start again when the user has signed in again. */
function restartAfterSignIn(): ApolloLink {
  return new ApolloLink((operation, forward) => {
    const run = new Observable<ApolloLink.Result>((observer) => {
      let end = () => {};
      const start = () => {
        end();
        const running = forward(operation).subscribe({
          next: (result) => observer.next(result),
          error: (error: unknown) => {
            if (!isUnauthenticated(error)) return observer.error(error);
            // As a result, which unlike an error does not end the subscription.
            observer.next({ errors: error.errors });
            end = onSignIn(operation.client, start);
          },
          complete: () => observer.complete(),
        });
        end = () => running.unsubscribe();
      };
      start();
      return () => end();
    });
    return run;
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
