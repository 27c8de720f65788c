import { type Client, createClient } from 'graphql-sse';
import { setTimeout as sleep } from 'node:timers/promises';
import { createDatabase, type Database } from '../database/client.js';
import { newId } from '../database/ids.js';
import { hashPassword } from '../features/accounts/passwords.js';
import { drawSmear } from '../imaging/testing.js';
import { startServer, type TestServer } from '../testing.js';
import { createTestClient, type TestClient } from './testing.js';

// Operations over server-sent events, with the client of graphql-sse and with plain requests.

const PASSWORD = 'correct horse battery';
const NEW_PREDICTIONS = 'subscription { predictionCreated { id } }';

let server: TestServer;
let database: Database;
let admin: TestClient;
let cell: Buffer;
let stopped = false;

beforeAll(async () => {
  server = await startServer();
  database = createDatabase(server.databaseUrl, 1);
  admin = createTestClient(server.url);
  await admin.signIn(server.admin);
  cell = await drawSmear().png().toBuffer();
});
afterAll(async () => {
  await database.$disconnect();
  if (!stopped) await server.stop();
});

async function classify(): Promise<string> {
  const { data } = await admin.upload(
    'mutation ($image: Upload!) { classify(image: $image) { prediction { id } } }',
    cell,
  );
  return data.classify.prediction.id;
}

async function tokenOf(
  owner: TestClient,
  ...scopes: string[]
): Promise<{ id: string; authorization: string }> {
  const { data } = await owner.graphql(
    `mutation ($scopes: [ApiTokenScope!]!) {
      createApiToken(input: { name: "stream", scopes: $scopes }) { token { id } secret userErrors { message } }
    }`,
    { scopes },
  );
  const { token, secret } = data.createApiToken;
  return { id: token.id, authorization: `Bearer ${secret}` };
}

async function person(): Promise<{ id: string; client: TestClient }> {
  const id = newId('user');
  const email = `${id}@example.org`;
  const passwordHash = await hashPassword(PASSWORD);
  await database.user.create({ data: { id, email, displayName: id, passwordHash, roles: ['CLINICIAN'] } });
  const client = createTestClient(server.url);
  await client.signIn({ email, password: PASSWORD });
  return { id, client };
}

const streamClient = (headers: Record<string, string>): Client =>
  createClient({ url: `${server.url}/graphql`, headers, retryAttempts: 0 });

/** The events of a stream, as [event, data], until it ends. */
interface Stream {
  response: Response;
  events: [string, any][];
  /** Bytes that are not events. */
  comments: () => number;
  ended: Promise<unknown>;
  leave: () => void;
}

async function open(
  query: string,
  headers: Record<string, string>,
  { method = 'POST', variables = {} }: { method?: string; variables?: object } = {},
): Promise<Stream> {
  const leave = new AbortController();
  const init = { method, signal: leave.signal };
  const address = new URL(`${server.url}/graphql`);
  if (method === 'GET') {
    address.searchParams.set('query', query);
    address.searchParams.set('variables', JSON.stringify(variables));
  }
  const response = await fetch(address, {
    ...init,
    headers: {
      Accept: 'text/event-stream',
      ...(method === 'POST' && { 'Content-Type': 'application/json' }),
      ...headers,
    },
    ...(method === 'POST' && { body: JSON.stringify({ query, variables }) }),
  });
  const events: [string, any][] = [];
  let comments = 0;
  const read = async () => {
    let text = '';
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk as Uint8Array, { stream: true });
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const [, event, data] = /^event: (.*)\ndata: (.*)$/.exec(text.slice(0, end)) ?? [];
        if (event === undefined) comments++;
        else events.push([event, data ? JSON.parse(data) : null]);
        text = text.slice(end + 2);
      }
    }
  };
  const ended = read().catch((error: unknown) => error);
  return { response, events, comments: () => comments, ended, leave: () => leave.abort() };
}

const untilTrue = async (isTrue: () => boolean) => {
  while (!isTrue()) await sleep(50);
};

/** Opens a stream of new predictions, and waits until events arrive. */
async function following(headers: Record<string, string>): Promise<Stream> {
  const stream = await open(NEW_PREDICTIONS, headers);
  while (stream.events.length === 0) {
    await classify();
    await sleep(100);
  }
  return stream;
}

test('the client of graphql-sse receives every result of a subscription, and its end', async () => {
  const bulk = await database.bulkClassification.create({
    data: {
      ...{ id: newId('bulk'), status: 'QUEUED', source: 'file:/x' },
      createdById: (await admin.graphql('{ viewer { id } }')).data.viewer.id,
      modelVersionId: (await database.modelVersion.findFirstOrThrow()).id,
    },
  });
  const client = streamClient({ authorization: (await tokenOf(admin, 'READ_HISTORY')).authorization });
  const results = client.iterate({
    query: 'subscription Follow($id: ID!) { bulkClassificationChanged(id: $id) { status } }',
    operationName: 'Follow',
    variables: { id: bulk.id },
  });
  expect(await results.next()).toMatchObject({
    value: { data: { bulkClassificationChanged: { status: 'QUEUED' } } },
  });
  const cancelled = await admin.graphql(
    'mutation ($id: ID!) { cancelBulkClassification(id: $id) { userErrors { message } } }',
    { id: bulk.id },
  );
  expect(cancelled.data.cancelBulkClassification.userErrors).toEqual([]);
  expect(await results.next()).toMatchObject({
    value: { data: { bulkClassificationChanged: { status: 'CANCELLED' } } },
  });
  expect(await results.next()).toMatchObject({ done: true });
  client.dispose();
});

test('queries and mutations have one result, also with their errors', async () => {
  const client = streamClient({ authorization: (await tokenOf(admin, 'READ_HISTORY')).authorization });
  const only = async (query: string) => {
    const results = [];
    for await (const result of client.iterate({ query })) results.push(result);
    expect(results.length).toBe(1);
    return results[0];
  };
  expect(await only('{ viewer { email } }')).toMatchObject({
    data: { viewer: { email: server.admin.email } },
    extensions: { cost: { requested: expect.any(Number) } },
  });
  const create = 'mutation { createSite(input: { name: "x" }) { site { id } } }';
  expect(await only(create)).toMatchObject({ errors: [{ extensions: { code: 'FORBIDDEN' } }] });
  expect(await only('{ nothing }')).toMatchObject({
    errors: [{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }],
  });
  client.dispose();
});

test.each([
  ['a syntax error', 'subscription {', 'GRAPHQL_PARSE_FAILED'],
  ['an unknown field', 'subscription { nothing }', 'GRAPHQL_VALIDATION_FAILED'],
  [
    'an unknown object',
    `subscription { trainingRunChanged(id: "run_${'0'.repeat(32)}") { id } }`,
    'NOT_FOUND',
  ],
  ['a missing variable', 'subscription ($id: ID!) { trainingRunChanged(id: $id) { id } }', 'BAD_USER_INPUT'],
])('%s is a result with the usual code', async (_what, query, code) => {
  const { events, ended, response } = await open(query, {
    authorization: (await tokenOf(admin, 'READ_HISTORY')).authorization,
  });
  await ended;
  expect(response.status).toBe(200);
  expect(events).toEqual([
    ['next', expect.objectContaining({ errors: [expect.objectContaining({ extensions: { code } })] })],
    ['complete', null],
  ]);
});

test('somebody who is not signed in, or whose token has too few scopes, learns that', async () => {
  const codes = async (headers: Record<string, string>) => {
    const { events, ended } = await open(NEW_PREDICTIONS, headers);
    await ended;
    return events.map(([event, data]) => [event, data?.errors[0].extensions.code ?? null]);
  };
  expect(await codes({})).toEqual([
    ['next', 'UNAUTHENTICATED'],
    ['complete', null],
  ]);
  expect(await codes({ authorization: (await tokenOf(admin, 'CLASSIFY')).authorization })).toEqual([
    ['next', 'FORBIDDEN'],
    ['complete', null],
  ]);
  const unknown = await open(NEW_PREDICTIONS, { authorization: 'Bearer cyto_unknown' });
  expect(unknown.response.status).toBe(401);
});

test('proxies and browsers neither store nor hold back a stream, and it is kept open', async () => {
  const { response, comments, leave, ended } = await open(NEW_PREDICTIONS, admin.headers);
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store, no-transform',
    'x-accel-buffering': 'no',
  });
  await untilTrue(() => comments() >= 2); // the first byte, and the next after 12 s
  leave();
  await ended;
});

test('a page of another site cannot use the cookie of its visitor', async () => {
  const byGet = (headers: Record<string, string>) =>
    open(NEW_PREDICTIONS, { ...admin.headers, ...headers }, { method: 'GET' });
  for (const headers of [{}, { 'Sec-Fetch-Site': 'cross-site' }, { 'Sec-Fetch-Site': 'same-site' }] as Record<
    string,
    string
  >[]) {
    const { response } = await byGet(headers);
    expect([headers, response.status]).toEqual([headers, 400]);
  }
  const form = await open(NEW_PREDICTIONS, { ...admin.headers, 'Content-Type': 'text/plain' });
  expect(form.response.status).toBe(400);

  // An EventSource of an own page, and a program.
  for (const headers of [
    { 'Sec-Fetch-Site': 'same-origin' },
    { 'Apollo-Require-Preflight': 'true' },
  ] as Record<string, string>[]) {
    const { response, leave, ended } = await byGet(headers);
    expect([headers, response.status]).toEqual([headers, 200]);
    leave();
    await ended;
  }
});

test('a GET request with a token reads, and changes nothing', async () => {
  const { authorization } = await tokenOf(admin, 'READ_HISTORY', 'ADMINISTER');
  const asked = await open(
    'query ($id: ID!) { node(id: $id) { id } }',
    { authorization },
    {
      ...{ method: 'GET', variables: { id: 'x' } },
    },
  );
  await asked.ended;
  expect(asked.events[0]?.[1].data).toEqual({ node: null });
  const before = await database.site.count();
  const create = 'mutation { createSite(input: { name: "By GET" }) { site { id } } }';
  const { response } = await open(create, { authorization }, { method: 'GET' });
  expect(response.status).toBe(400);
  expect(await database.site.count()).toBe(before);
});

test.each(['1', '"text"', '{}', '{"query":1}', '{"query":"{ viewer { id } }","variables":[]}'])(
  'the body %s is refused with what would be right',
  async (body) => {
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Accept: 'text/event-stream' },
      body,
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ errors: [{ message: expect.any(String) }] });
  },
);

test('a stream ends with its session, before the next event', async () => {
  const { client } = await person();
  const stream = await following(client.headers);
  const before = stream.events.length;
  await client.graphql('mutation { signOut }');
  await classify();
  await stream.ended;
  expect(stream.events.slice(before)).toEqual([
    ['next', { errors: [expect.objectContaining({ extensions: { code: 'UNAUTHENTICATED' } })] }],
    ['complete', null],
  ]);
});

test('a stream ends with its token, also if nothing happens', async () => {
  const { id, authorization } = await tokenOf(admin, 'READ_HISTORY');
  const stream = await open(NEW_PREDICTIONS, { authorization });
  await admin.graphql('mutation ($id: ID!) { revokeApiToken(id: $id) }', { id });
  await stream.ended;
  expect(stream.events.at(-1)).toEqual(['complete', null]);
  expect(stream.events.at(-2)?.[1].errors[0].extensions.code).toBe('UNAUTHENTICATED');
});

test('a change of roles ends a stream without its end, so that clients open it again', async () => {
  const { id, client } = await person();
  const stream = await following(client.headers);
  const before = stream.events.length;
  await admin.graphql(
    'mutation ($input: SetUserRolesInput!) { setUserRoles(input: $input) { userErrors { message } } }',
    { input: { userId: id, roles: ['AUDITOR'] } },
  );
  await classify();
  await stream.ended;
  expect(stream.events.length).toBe(before);
});

test('an account has at most 50 operations in progress, which a client that leaves ends', async () => {
  const { client } = await person();
  /** How many of 51 streams the server accepts at the same time. All of them are left then. */
  const countAccepted = async () => {
    const streams = await Promise.all(
      Array.from({ length: 51 }, () => open(NEW_PREDICTIONS, client.headers)),
    );
    for (const { leave, ended } of streams) {
      leave();
      await ended;
    }
    const statuses = streams.map(({ response }) => response.status);
    expect(statuses.filter((status) => status !== 200 && status !== 429)).toEqual([]);
    return statuses.filter((status) => status === 200).length;
  };
  expect(await countAccepted()).toBe(50);
  // The server notices clients that have left a moment later.
  let accepted = 0;
  for (; accepted < 50; accepted = await countAccepted()) await sleep(500);
  expect(accepted).toBe(50);
});

describe('a subscription in a request for one result', () => {
  const asks = [
    ['JSON', 'application/json'],
    ['anything', '*/*'],
    ['the media type of GraphQL', 'application/graphql-response+json'],
    ['JSON or a stream', 'application/json, text/event-stream'],
  ] as const;
  test.each(asks)('that accepts %s gets an error that says where to send it', async (_what, accept) => {
    for (const credentials of [{}, admin.headers]) {
      const response = await fetch(`${server.url}/graphql`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', Accept: accept, ...credentials },
        body: JSON.stringify({ query: NEW_PREDICTIONS }),
      });
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({
        errors: [
          {
            message: expect.stringMatching(/WebSocket.*Accept: text\/event-stream/),
            extensions: { code: 'BAD_REQUEST' },
          },
        ],
      });
    }
  });

  test('by GET is refused as a method that only reads', async () => {
    const query = encodeURIComponent(NEW_PREDICTIONS);
    const headers = { 'Apollo-Require-Preflight': 'true' };
    const response = await fetch(`${server.url}/graphql?query=${query}`, { headers });
    expect(response.status).toBe(405);
  });
});

test('streams end without their end when the server stops, and do not delay it', async () => {
  const stream = await following(admin.headers);
  stopped = true;
  const before = stream.events.length;
  await server.stop();
  await stream.ended;
  expect(stream.events.slice(before).filter(([event]) => event === 'complete')).toEqual([]);
});
