import type { ApolloLink } from '@apollo/client';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { createClient } from 'graphql-ws';

export interface Socket {
  link: ApolloLink;
  /** Closes the connection at once. It opens again if there are subscriptions. */
  terminate: () => void;
}

/**
 * One WebSocket for all subscriptions. It is only open while a page has one, so the next user who signs in opens a new one with their own cookie.
 * @param url of the API
 */
export function createSocket(url: string): Socket {
  const client = createClient({
    url: url.replace(/^http/, 'ws'),
    retryAttempts: Number.POSITIVE_INFINITY,
    shouldRetry: () => true,
  });
  return { link: new GraphQLWsLink(client), terminate: () => client.terminate() };
}
