import {
  ApolloClient,
  ApolloLink,
  CombinedGraphQLErrors,
  gql,
  InMemoryCache,
  type TypedDocumentNode,
} from '@apollo/client/core';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import {
  cacheExchange,
  Client as UrqlClient,
  CombinedError,
  fetchExchange,
  subscriptionExchange,
} from '@urql/core';
import UploadHttpLink from 'apollo-upload-client/UploadHttpLink.mjs';
import { OperationTypeNode } from 'graphql';
import { ClientError, GraphQLClient } from 'graphql-request';
import { type Client as SocketClient, createClient } from 'graphql-ws';
import { setTimeout as sleep } from 'node:timers/promises';
import WebSocket from 'ws';
import { CLASSIFY, type ClassifyData, CREATED, PAGE, type PageData, TOO_MANY } from './documents.js';
import { type ServerForPrograms, startServerForPrograms } from './testing.js';

/** A client as a program makes it that knows only the address and a token. */
interface Tried {
  /** The data; rejects with the client's own error. */
  query(document: string, variables?: Record<string, unknown>): Promise<unknown>;
  /** `extensions.code` of the errors with which `query` was rejected. */
  codesOf(error: unknown): unknown[];
  /** Undefined for a client without uploads. */
  classify?(image: Blob): Promise<ClassifyData>;
  /** Calls `onData` for each event. Returns how to end the subscription. Undefined for a client without subscriptions. */
  subscribe?(document: string, onData: (data: unknown) => void): () => void;
}

let server: ServerForPrograms;
/** Connections that would be opened again when the server stops. */
const sockets: SocketClient[] = [];

beforeAll(async () => {
  server = await startServerForPrograms();
});
afterAll(async () => {
  for (const socket of sockets) void socket.dispose();
  await server.stop();
});

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });

function socketClient(token: string): SocketClient {
  const socket = createClient({
    url: server.socketUrl,
    webSocketImpl: WebSocket,
    connectionParams: bearer(token),
  });
  sockets.push(socket);
  return socket;
}

function apolloClient(token: string): Tried {
  const http = new UploadHttpLink({ uri: server.url, headers: bearer(token) });
  const link = ApolloLink.split(
    ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
    new GraphQLWsLink(socketClient(token)),
    http,
  );
  const client = new ApolloClient({ link, cache: new InMemoryCache() });
  return {
    query: async (document, variables) => (await client.query({ query: gql(document), variables })).data,
    codesOf: (error) =>
      CombinedGraphQLErrors.is(error) ? error.errors.map(({ extensions }) => extensions?.code) : [error],
    classify: async (image) => {
      const mutation: TypedDocumentNode<ClassifyData> = gql(CLASSIFY);
      const { data } = await client.mutate({ mutation, variables: { image } });
      if (!data) throw new Error('No data came.');
      return data;
    },
    subscribe: (document, onData) => {
      const subscription = client
        .subscribe({ query: gql(document) })
        .subscribe({ next: ({ data }) => onData(data) });
      return () => subscription.unsubscribe();
    },
  };
}

/** With its default settings, it sends short queries by GET. */
function urqlClient(token: string): Tried {
  const socket = socketClient(token);
  const client = new UrqlClient({
    url: server.url,
    fetchOptions: { headers: bearer(token) },
    exchanges: [
      cacheExchange,
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: ({ query = '', variables }) => ({
          subscribe: (sink) => ({ unsubscribe: socket.subscribe({ query, variables }, sink) }),
        }),
      }),
    ],
  });
  return {
    query: async (document, variables = {}) => {
      const { data, error } = await client.query<unknown>(document, variables);
      if (error) throw error;
      return data;
    },
    codesOf: (error) =>
      error instanceof CombinedError && error.graphQLErrors.length > 0
        ? error.graphQLErrors.map(({ extensions }) => extensions.code)
        : [error],
    classify: async (image) => {
      const { data, error } = await client.mutation<ClassifyData>(CLASSIFY, { image });
      if (!data) throw error ?? new Error('No data came.');
      return data;
    },
    subscribe: (document, onData) => {
      const subscription = client.subscription(document, {}).subscribe(({ data }) => onData(data));
      return () => subscription.unsubscribe();
    },
  };
}

function graphqlRequest(token: string): Tried {
  const client = new GraphQLClient(server.url, { headers: bearer(token) });
  return {
    query: (document, variables) => client.request(document, variables),
    codesOf: (error) =>
      error instanceof ClientError
        ? (error.response.errors ?? []).map(({ extensions }) => extensions.code)
        : [error],
  };
}

function graphqlWs(token: string): Tried {
  const client = socketClient(token);
  return {
    query: async (query, variables) => {
      for await (const { data, errors } of client.iterate({ query, variables })) {
        if (errors) throw new AggregateError(errors);
        return data;
      }
      throw new Error('No result came.');
    },
    codesOf: (error) =>
      // An error in the course of an operation, or before it.
      (error instanceof AggregateError ? error.errors : [error].flat()).map(
        ({ extensions }) => extensions?.code,
      ),
    subscribe: (query, onData) =>
      client.subscribe({ query }, { next: ({ data }) => onData(data), error: () => {}, complete: () => {} }),
  };
}

const CLIENTS: [string, (token: string) => Tried][] = [
  ['Apollo Client with apollo-upload-client', apolloClient],
  ['urql', urqlClient],
  ['graphql-request', graphqlRequest],
  ['graphql-ws', graphqlWs],
];

async function classify(tried: Tried, bytes: Uint8Array): Promise<ClassifyData['classify']> {
  if (!tried.classify) throw new Error('This client sends no files.');
  return (await tried.classify(new Blob([Uint8Array.from(bytes)]))).classify;
}

describe.each(CLIENTS)('%s', (_name, create) => {
  let client: Tried;
  beforeAll(() => {
    client = create(server.token);
  });

  test('pages through the history', async () => {
    const known = server.predictionIds.slice();
    const found: string[] = [];
    let after: string | null = null;
    for (let more = true; more;) {
      const { predictions } = (await client.query(PAGE, { after })) as PageData;
      expect(predictions.totalCount).toBe(known.length);
      expect(predictions.edges.length).toBeLessThanOrEqual(2);
      found.push(...predictions.edges.map(({ node }) => node.id));
      more = predictions.pageInfo.hasNextPage;
      after = predictions.pageInfo.endCursor;
    }
    expect(found).toEqual(known);
  });

  test('receives an error with its code', async () => {
    const error: unknown = await client.query(TOO_MANY).catch((thrown: unknown) => thrown);
    expect(client.codesOf(error)).toEqual(['BAD_USER_INPUT']);
  });

  test('learns that its token is invalid', async () => {
    const stranger = create('cyto_invalid');
    const error: unknown = await stranger.query(PAGE).catch((thrown: unknown) => thrown);
    expect(stranger.codesOf(error)).toEqual(['UNAUTHENTICATED']);
  });
});

describe.each(CLIENTS.filter(([name]) => !/graphql-request|graphql-ws/.test(name)))('%s', (_name, create) => {
  test('sends an image, and learns why another file is refused', async () => {
    const client = create(server.token);
    const { prediction, userErrors } = await classify(client, await server.drawCell());
    expect(userErrors).toEqual([]);
    server.predictionIds.unshift(prediction?.id ?? '');
    const refused = await classify(client, Buffer.from('not an image'));
    expect(refused).toMatchObject({ prediction: null, userErrors: [{ code: 'UNREADABLE_IMAGE' }] });
  });
});

describe.each(CLIENTS.filter(([name]) => name !== 'graphql-request'))('%s', (_name, create) => {
  test('receives new predictions by subscription', async () => {
    const client = create(server.token);
    const received: unknown[] = [];
    const stop = client.subscribe?.(CREATED, (data) => received.push(data));
    const sender = apolloClient(server.token);
    const created: unknown[] = [];
    // Predictions from just before the subscription may be received, too.
    const ids = () =>
      received.map((data: any) => data.predictionCreated.id).filter((id) => created.includes(id));
    // The subscription begins at some time after the call.
    while (ids().length === 0) {
      const { prediction } = await classify(sender, await server.drawCell());
      server.predictionIds.unshift(prediction?.id ?? '');
      created.push(prediction?.id);
      await sleep(100);
    }
    const expected = created.slice(created.indexOf(ids()[0]));
    while (ids().length < expected.length) await sleep(100);
    stop?.();
    expect(ids()).toEqual(expected);
  });
});
