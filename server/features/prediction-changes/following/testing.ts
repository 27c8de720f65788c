import { createClient } from 'graphql-ws';
import { setTimeout as sleep } from 'node:timers/promises';
import WebSocket from 'ws';
import type { TestClient } from '../../../http/testing.js';

// Programs that copy the ids of all new predictions from a running server, each in another way.

export interface Follower {
  name: string;
  /** The ids received so far, in their order. */
  received: string[];
  /** Requests, or connections that were cut. */
  attempts: number;
  /** When the last id was received, by `performance.now()`. */
  lastAt: number;
  /** Resolves when it has ended after `signal` aborted. */
  ended: Promise<void>;
}

type Follow = (follower: Follower, signal: AbortSignal) => Promise<void>;

function start(name: string, signal: AbortSignal, follow: Follow): Follower {
  const follower: Follower = { name, received: [], attempts: 0, lastAt: 0, ended: Promise.resolve() };
  follower.ended = follow(follower, signal);
  return follower;
}

function receive(follower: Follower, ids: readonly string[]): void {
  follower.received.push(...ids);
  if (ids.length > 0) follower.lastAt = performance.now();
}

const PAGE = 200;
const POLL_MS = 50;

/** Asks for the next page of a list again and again. */
function poll(
  name: string,
  client: TestClient,
  query: string,
  idOf: (node: any) => string | null,
  signal: AbortSignal,
): Follower {
  return start(name, signal, async (follower) => {
    let after: string | null = null;
    while (!signal.aborted) {
      const { data, errors } = await client.graphql(query, { first: PAGE, after });
      if (errors) throw new Error(`${name}: ${JSON.stringify(errors)}`);
      const { edges, pageInfo } = data.list;
      follower.attempts++;
      receive(
        follower,
        edges.flatMap(({ node }: { node: unknown }) => idOf(node) ?? []),
      );
      after = pageInfo.endCursor ?? after;
      if (!pageInfo.hasNextPage) await sleep(POLL_MS);
    }
  });
}

export function pollChanges(client: TestClient, signal: AbortSignal): Follower {
  const query = `query ($first: Int, $after: String) { list: predictionChanges(first: $first, after: $after) {
    edges { node { kind predictionId } } pageInfo { hasNextPage endCursor } } }`;
  const idOf = ({ kind, predictionId }: any) => (kind === 'CREATED' ? predictionId : null);
  return poll('predictionChanges, by polling', client, query, idOf, signal);
}

export function pollOldestFirst(client: TestClient, signal: AbortSignal): Follower {
  const query = `query ($first: Int, $after: String) { list: predictions(order: OLDEST_FIRST, first: $first, after: $after) {
    edges { node { id } } pageInfo { hasNextPage endCursor } } }`;
  return poll('predictions(order: OLDEST_FIRST), by polling', client, query, ({ id }) => id, signal);
}

/**
 * Follows by subscription. The connection is cut at random times, and resumed after the last event that was received. On a busy
 * machine, a connection may need longer for its first event: after one without an event, the next may take twice as long.
 */
function subscribe(
  name: string,
  url: string,
  client: TestClient,
  query: string,
  read: (data: any) => { id: string | null; cursor: string },
  first: string,
  longestMs: number,
  signal: AbortSignal,
): Follower {
  return start(name, signal, async (follower) => {
    let after = first;
    let mostMs = longestMs;
    while (!signal.aborted) {
      const before = follower.received.length;
      const sockets: WebSocket[] = [];
      class SignedInSocket extends WebSocket {
        constructor(address: string | URL, protocols?: string | string[]) {
          super(address, protocols, { headers: client.headers });
          sockets.push(this);
        }
      }
      const connection = createClient({
        url: `${url.replace('http', 'ws')}/graphql`,
        webSocketImpl: SignedInSocket,
        retryAttempts: 0,
      });
      const cut = () => sockets.forEach((socket) => socket.terminate());
      const timer = setTimeout(cut, mostMs * Math.random());
      signal.addEventListener('abort', cut, { once: true });
      try {
        for await (const { data, errors } of connection.iterate({ query, variables: { after } })) {
          if (errors) throw new Error(`${name}: ${JSON.stringify(errors)}`);
          const { id, cursor } = read(data);
          receive(follower, id === null ? [] : [id]);
          after = cursor;
        }
      } catch (error) {
        if (error instanceof Error && error.message.startsWith(name)) throw error;
      }
      clearTimeout(timer);
      signal.removeEventListener('abort', cut);
      void connection.dispose();
      follower.attempts++;
      mostMs = follower.received.length > before ? longestMs : 2 * mostMs;
    }
  });
}

interface Subscribing {
  url: string;
  client: TestClient;
  /** Where it begins: a cursor of `predictionChanges`. */
  after: string;
  /** The longest time until the connection is cut. */
  longestMs: number;
}

export function subscribeToChanges(
  { url, client, after, longestMs }: Subscribing,
  signal: AbortSignal,
): Follower {
  const query = `subscription ($after: String) { predictionChanged(after: $after) { cursor kind predictionId } }`;
  const read = ({ predictionChanged: { cursor, kind, predictionId } }: any) => ({
    id: kind === 'CREATED' ? predictionId : null,
    cursor,
  });
  const name = 'predictionChanged, by subscription that is cut';
  return subscribe(name, url, client, query, read, after, longestMs, signal);
}

export function subscribeToCreated(
  { url, client, after, longestMs }: Subscribing,
  signal: AbortSignal,
): Follower {
  const query = `subscription ($after: String) { predictionCreated(after: $after) { id } }`;
  const read = ({ predictionCreated: { id } }: any) => ({ id, cursor: id });
  const name = 'predictionCreated, by subscription that is cut';
  return subscribe(name, url, client, query, read, after, longestMs, signal);
}
