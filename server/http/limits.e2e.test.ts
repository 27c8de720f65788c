import { serverAudits } from 'graphql-http';
import { connect } from 'node:net';
import { startServer, type TestServer } from '../testing.js';
import { once } from 'node:events';
import WebSocket from 'ws';
import { createTestClient, type GraphqlAnswer, type TestClient } from './testing.js';

let server: TestServer;
let admin: TestClient;
let stranger: TestClient;

beforeAll(async () => {
  server = await startServer();
  admin = createTestClient(server.url);
  await admin.signIn(server.admin);
  stranger = createTestClient(server.url);
});
afterAll(() => server.stop());

/** A request as security scanners send it, without what the CSRF prevention requires. */
async function post(client: TestClient, body: unknown, contentType = 'application/json') {
  const response = await client.fetch('/graphql', {
    method: 'POST',
    headers: { 'Content-Type': contentType },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, text: await response.text(), headers: response.headers };
}

describe('the GraphQL over HTTP specification', () => {
  const audits = serverAudits({
    url: () => `${server.url}/graphql`,
    // Apollo's CSRF prevention requires this of requests that a browser would send without asking the server first.
    fetchFn: (url: string, init?: RequestInit) =>
      fetch(url, {
        ...init,
        headers: { ...Object.fromEntries(new Headers(init?.headers)), 'Apollo-Require-Preflight': 'true' },
      }),
  });

  test.each(audits.map((audit) => ({ audit, name: `${audit.id} ${audit.name}` })))(
    '$name',
    async ({ audit }) => {
      const result = await audit.fn();
      expect({ status: result.status, reason: 'reason' in result ? result.reason : undefined }).toEqual({
        status: expect.stringMatching(/^(ok|notice)$/),
        reason: result.status === 'notice' ? expect.anything() : undefined,
      });
    },
  );
});

describe('the checks of graphql-cop', () => {
  test('alias overloading: 101 aliases are refused', async () => {
    const aliases = Array.from({ length: 101 }, (_, index) => `alias${index}: __typename`).join(' ');
    const { text } = await post(stranger, { query: `{ ${aliases} }` });
    expect(text).toContain('A query has at most 30 aliases.');
    expect(text).not.toContain('"data"');
  });

  test('batching: a list of operations is refused', async () => {
    const { status, text } = await post(
      stranger,
      Array.from({ length: 10 }, () => ({ query: '{ __typename }' })),
    );
    expect(status).toBe(400);
    expect(text).not.toContain('"data"');
  });

  test('directive overloading: a directive that is repeated is refused', async () => {
    const { status } = await post(stranger, { query: `{ __typename ${'@aa'.repeat(10)} }` });
    expect(status).toBe(400);
    const { text } = await post(stranger, { query: `{ __typename ${'@include(if: true)'.repeat(10)} }` });
    expect(text).toContain('can only be used once');
  });

  test('circular introspection is refused', async () => {
    const levels = 8;
    const query = `{ __schema { types { ${'fields { type { '.repeat(levels)} name ${'} } '.repeat(levels)} } } }`;
    const { text } = await post(stranger, { query });
    expect(text).toContain('"errors"');
    expect(text).not.toContain('"data"');
  });

  test('field duplication: 500 times the same field is answered quickly, and more is refused', async () => {
    const { text } = await post(stranger, { query: `{ ${'__typename '.repeat(500)} }` });
    expect(JSON.parse(text).data).toEqual({ __typename: 'Query' });
    const { status } = await post(stranger, { query: `{ ${'__typename '.repeat(2_500)} }` });
    expect(status).toBe(400);
  });

  test('mutations over GET, and queries over GET or as a form without a preflight, are refused', async () => {
    const mutation = encodeURIComponent('mutation { signOut }');
    const preflighted = await admin.fetch(`/graphql?query=${mutation}`, {
      headers: { 'Apollo-Require-Preflight': 'true' },
    });
    expect(preflighted.status).toBe(405);
    expect((await stranger.fetch('/graphql?query=%7B__typename%7D')).status).toBe(400);
    const form = await post(stranger, 'query=%7B__typename%7D', 'application/x-www-form-urlencoded');
    expect(form.status).toBeGreaterThanOrEqual(400);
    expect(form.text).not.toContain('"data"');
  });

  test('no field is suggested to somebody who is not signed in', async () => {
    const { text } = await post(stranger, { query: '{ viewers }' });
    expect(text).toContain('Cannot query field');
    expect(text).not.toContain('Did you mean');
  });

  test('there is no trace, no stack and no page of an explorer', async () => {
    const { text } = await post(stranger, { query: '{ viewer { id } }' });
    expect(text).not.toMatch(/tracing|stacktrace/);
    for (const path of ['/graphiql', '/playground', '/graphql', '/console']) {
      const response = await stranger.fetch(path, { headers: { Accept: 'text/html' } });
      expect(await response.text()).not.toMatch(/graphiql|playground|apollo sandbox/i);
    }
  });
});

describe('costs', () => {
  const expensive =
    '{ trainingRuns(first: 200) { edges { node { items(first: 200) { edges { node { key } } } } } } }';

  test('each response has its cost, and an expensive query is refused over HTTP', async () => {
    const { text } = await post(admin, { query: '{ viewer { id } }' });
    expect(JSON.parse(text).extensions.cost).toEqual({ requested: expect.any(Number), limit: 60_000 });
    const refused = await post(admin, { query: expensive });
    expect(refused.status).toBe(400);
    expect(JSON.parse(refused.text).errors).toEqual([
      {
        message: expect.stringMatching(/^The operation costs [\d,]+, and the limit is 60,000\./),
        extensions: {
          code: 'QUERY_TOO_EXPENSIVE',
          cost: { requested: expect.any(Number), limit: 60_000, fields: expect.any(Object) },
        },
      },
    ]);
  });

  test('it is refused over WebSocket too', async () => {
    const answers: GraphqlAnswer[] = [];
    for await (const answer of admin.subscribe(expensive)) answers.push(answer);
    expect(answers).toEqual([
      {
        errors: [
          expect.objectContaining({ extensions: expect.objectContaining({ code: 'QUERY_TOO_EXPENSIVE' }) }),
        ],
      },
    ]);
  });
});

test('a stranger who sends the body of a request slowly is refused, and cannot have many such requests', async () => {
  const { hostname, port } = new URL(server.url);
  const slow = Array.from({ length: 40 }, () => {
    const socket = connect(Number(port), hostname);
    socket.write(
      `POST /graphql HTTP/1.1\r\nHost: ${hostname}:${port}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"query":"`,
    );
    return new Promise<string>((resolve) => {
      let received = '';
      socket.on('data', (data) => (received += data.toString()));
      socket.once('data', () => setTimeout(() => socket.destroy(), 500));
      socket.on('error', () => {});
      socket.on('close', () => resolve(received));
    });
  });
  const answers = await Promise.all(slow);
  const tooMany = answers.filter((answer) => answer.startsWith('HTTP/1.1 429'));
  const tooSlow = answers.filter((answer) => answer.startsWith('HTTP/1.1 408'));
  expect(tooMany.length).toBe(10);
  expect(tooMany[0]).toMatch(/retry-after: 1\r\n/i);
  expect(tooMany[0]).toContain('Your address has 30 requests in progress');
  expect(tooSlow.length).toBe(30);
  expect((await post(stranger, { query: '{ __typename }' })).status).toBe(200);
});

test('an account has at most 50 operations in progress over WebSocket, on all connections together', async () => {
  const subscriptions = Array.from({ length: 51 }, () =>
    admin.subscribe('subscription { predictionCreated { id } }'),
  );
  const refused = await Promise.race(
    subscriptions.map((subscription) => subscription.next().catch((errors: unknown) => errors)),
  );
  expect(refused).toEqual([
    expect.objectContaining({
      message: expect.stringContaining('Your account has 50 operations in progress'),
      extensions: expect.objectContaining({ code: 'OVERLOADED' }),
    }),
  ]);
  for (const subscription of subscriptions) await subscription.return?.();
});

test('operations that a client cancels at once, or leaves with its connection, are no longer counted', async () => {
  for (let connection = 0; connection < 3; connection++) {
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', {
      headers: admin.headers,
    });
    const send = (message: object) => socket.send(JSON.stringify(message));
    const typesHeard: string[] = [];
    const hear = (type: string) =>
      new Promise<void>((resolve) =>
        socket.on('message', (text: Buffer) => {
          typesHeard.push(JSON.parse(text.toString('utf8')).type);
          if (typesHeard.at(-1) === type) resolve();
        }),
      );
    await once(socket, 'open');
    const acknowledged = hear('connection_ack');
    send({ type: 'connection_init' });
    await acknowledged;
    const query = 'subscription { predictionCreated { id } }';
    for (let i = 0; i < 40; i++) {
      send({ id: 'again', type: 'subscribe', payload: { query: '{ unknownField }' } });
      send({ id: 'again', type: 'complete' });
      send({ id: `left-${i}`, type: 'subscribe', payload: { query } });
    }
    const answered = hear('next');
    send({ id: 'last', type: 'subscribe', payload: { query: '{ viewer { id } }' } });
    await answered;
    expect(typesHeard).not.toContain('error');
    socket.terminate();
    await once(socket, 'close');
  }
});

test('a stranger’s operations over WebSocket are counted before they are parsed, and long ones are refused', async () => {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  await once(socket, 'open');
  const hearOne = async () => JSON.parse(String(((await once(socket, 'message')) as [Buffer])[0]));
  const acknowledged = hearOne();
  socket.send(JSON.stringify({ type: 'connection_init' }));
  expect(await acknowledged).toMatchObject({ type: 'connection_ack' });
  const codeOf = async (query: string): Promise<string> => {
    const answered = hearOne();
    socket.send(JSON.stringify({ id: 'one', type: 'subscribe', payload: { query } }));
    const { type, payload } = await answered;
    expect(type).toBe('error');
    return payload[0].extensions.code;
  };
  const ofLength = (length: number) => `{ unknownField } #${'x'.repeat(length)}`;
  // Other tests may have used up what this address may request.
  let code = await codeOf(ofLength(100_001));
  while (code === 'OVERLOADED') code = await codeOf(ofLength(100_001));
  expect(code).toBe('TOO_LARGE');
  const codes: string[] = [];
  const begun = performance.now();
  while (codes.length < 20 && codes.at(-1) !== 'OVERLOADED') codes.push(await codeOf(ofLength(80_000)));
  const periods = 2 + Math.floor((performance.now() - begun) / 10_000);
  expect(codes.at(-1)).toBe('OVERLOADED');
  expect(codes.length).toBeLessThanOrEqual(2 * periods); // each costs 40,500 of 100,000 in 10 s
  socket.terminate();
});
