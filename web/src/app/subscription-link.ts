import { ApolloLink } from '@apollo/client';
import { from, mergeMap } from 'rxjs';
import type { Socket } from './socket.js';

interface SubscriptionLink {
  link: ApolloLink;
  /** Closes the connection, which opens again at once with the cookie of the present session. */
  reconnect: () => void;
}

/**
 * The link of subscriptions. Its code is loaded with the first of them, after the page.
 * @param url of the API
 */
export function createSubscriptionLink(url: string): SubscriptionLink {
  let socket: Promise<Socket> | null = null;
  const load = async () => {
    try {
      return (await import('./socket.js')).createSocket(url);
    } catch (error) {
      socket = null; // the next subscription tries again
      throw error;
    }
  };
  return {
    link: new ApolloLink((operation, forward) =>
      from((socket ??= load())).pipe(mergeMap(({ link }) => link.request(operation, forward))),
    ),
    reconnect: () => void socket?.then(({ terminate }) => terminate()).catch(() => undefined),
  };
}
