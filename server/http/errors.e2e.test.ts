import { randomBytes } from 'node:crypto';
import { createClient as createSocketClient } from 'graphql-ws';
import WebSocket from 'ws';
import { createTestDatabase, type TestDatabase } from '../database/testing.js';
import { newId } from '../database/ids.js';
import { drawSmear } from '../imaging/testing.js';
import { startTcpProxy, type TcpProxy } from '../outages/testing.js';
import { startServer, type TestServer } from '../testing.js';
import { createTestClient } from './testing.js';

// The same situation has the same code and HTTP status over GraphQL (HTTP), WebSocket and REST.

const MAX_UPLOAD_BYTES = 1_000_000;
const PASSWORD = 'one two three four five';

let database: TestDatabase;
let proxy: TcpProxy;
let server: TestServer;
/** Headers of Bearer tokens. */
let admin: Record<string, string>;
let auditor: Record<string, string>;
let revoked: Record<string, string>;
let expired: Record<string, string>;
let disabled: Record<string, string>;

beforeAll(async () => {
  database = await createTestDatabase();
  proxy = await startTcpProxy(database.url);
  const env = { MAX_UPLOAD_BYTES: String(MAX_UPLOAD_BYTES) };
  server = await startServer({ databaseUrl: proxy.through(database.url), env });
  const owner = createTestClient(server.url);
  await owner.signIn(server.admin);
  admin = bearer((await tokenOf(owner, 'admin')).secret);
  const gone = await tokenOf(owner, 'revoked');
  revoked = bearer(gone.secret);
  await owner.graphql('mutation ($id: ID!) { revokeApiToken(id: $id) }', { id: gone.id });
  const old = await tokenOf(owner, 'expired');
  expired = bearer(old.secret);
  await database.database.apiToken.update({
    where: { id: old.id },
    data: { expiresAt: new Date('2026-01-31T08:00:00Z') },
  });
  auditor = bearer((await tokenOf(await person(owner, 'audrey', 'AUDITOR'), 'audit')).secret);
  const leaver = await person(owner, 'leo', 'CLINICIAN');
  disabled = bearer((await tokenOf(leaver, 'leaver')).secret);
  const { id } = (await leaver.graphql('{ viewer { id } }')).data.viewer;
  await database.database.user.update({ where: { id }, data: { disabledAt: new Date() } });
});
afterAll(async () => {
  await proxy.heal();
  await server.stop();
  await proxy.close();
  await database.drop();
});

const bearer = (secret: string) => ({ Authorization: `Bearer ${secret}` });

async function tokenOf(owner: ReturnType<typeof createTestClient>, name: string) {
  const { data } = await owner.graphql(
    `mutation ($name: String!) { createApiToken(input: { name: $name,
      scopes: [READ_HISTORY, CLASSIFY, REVIEW, INGEST, TRAIN, PROMOTE, ADMINISTER] }) { secret token { id } } }`,
    { name },
  );
  return { secret: data.createApiToken.secret as string, id: data.createApiToken.token.id as string };
}

/** A new user with a password, signed in. */
async function person(owner: ReturnType<typeof createTestClient>, name: string, role: string) {
  const email = `${name}@example.org`;
  const { data } = await owner.graphql(
    `mutation ($email: String!, $name: String!, $role: Role!) {
      createUser(input: { email: $email, displayName: $name, roles: [$role], seesAllSites: true }) { oneTimePassword } }`,
    { email, name, role },
  );
  const client = createTestClient(server.url);
  await client.signIn({ email, password: data.createUser.oneTimePassword });
  await client.graphql(
    `mutation ($old: String!, $new: String!) {
      changePassword(currentPassword: $old, newPassword: $new) { userErrors { message } } }`,
    { old: data.createUser.oneTimePassword, new: PASSWORD },
  );
  return client;
}

type Headers = Record<string, string>;
/** What a client sees: the HTTP status (none over WebSocket), the code, and the message. */
interface Seen {
  status?: number;
  code: string;
  message: string;
}

/** A query by POST. Its errors come with the status. */
async function overGraphql(query: string, headers: Headers = {}): Promise<Seen> {
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Accept: 'application/graphql-response+json', ...headers },
    body: JSON.stringify({ query }),
  });
  const { errors } = JSON.parse(await response.text());
  return { status: response.status, code: errors[0].extensions.code, message: errors[0].message };
}

async function overSocket(query: string, headers: Headers = {}): Promise<Seen> {
  const socket = createSocketClient({
    url: `${server.url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: headers,
    retryAttempts: 0,
  });
  try {
    for await (const { errors } of socket.iterate({ query })) {
      if (errors?.[0]) return { code: String(errors[0].extensions?.code), message: errors[0].message };
    }
  } catch (failed) {
    const [error] = failed as { message: string; extensions: { code: string } }[]; // an `error` message of the protocol
    if (error) return { code: error.extensions.code, message: error.message };
  } finally {
    await socket.dispose();
  }
  throw new Error('There was no error.');
}

async function overRest(path: string, { headers = {}, ...init }: { headers?: Headers } & RequestInit = {}) {
  const response = await fetch(server.url + path, { ...init, headers });
  const { code, error } = (await response.json()) as { code: string; error: string };
  return { status: response.status, code, message: error };
}

const cell = async (seed: number) => new Uint8Array(await drawSmear({ seed }).png().toBuffer());
const post = (body: Uint8Array, headers: Headers) => ({
  method: 'POST',
  body: Uint8Array.from(body),
  headers,
});
const EVENTS = '/audit/events.jsonl';
const EVIDENCE = `/files/predictions/${newId('pred')}/evidence.png`;

describe('who is not signed in', () => {
  test.each([
    ['nobody', () => ({}), /^Sign in first/],
    ['an unknown token', () => bearer('cyt_unknown'), /^The token was refused: it is not a token/],
    ['no token after Bearer', () => bearer(''), /^The token was refused: it is not a token/],
    ['a revoked token', () => revoked, /^The token was refused: it was revoked on 20/],
    ['an expired token', () => expired, /^The token was refused: it expired on 2026-01-31/],
    ['the token of a disabled account', () => disabled, /^The token was refused: its account is disabled/],
    ['a token of another kind', () => bearer('e30.e30.e30'), /^The token was refused: /],
  ])('%s', async (_who, headersOf, message) => {
    const headers = headersOf();
    const unauthenticated = { code: 'UNAUTHENTICATED', message: expect.stringMatching(message) };
    const withStatus = { status: 401, ...unauthenticated };
    expect(await overGraphql('{ predictions { totalCount } }', headers)).toEqual(withStatus);
    expect(await overGraphql(`{ prediction(id: "${newId('pred')}") { id } }`, headers)).toEqual(withStatus);
    expect(await overGraphql('mutation { revokeApiToken(id: "tok_0") }', headers)).toEqual(withStatus);
    expect(await overSocket('{ predictions { totalCount } }', headers)).toEqual(unauthenticated);
    expect(await overSocket('subscription { predictionCreated { id } }', headers)).toEqual(unauthenticated);
    expect(await overRest('/predict', post(await cell(1), headers))).toEqual(withStatus);
    expect(await overRest(EVENTS, { headers })).toEqual(withStatus);
    expect(await overRest(EVIDENCE, { headers })).toEqual(withStatus);
  });

  test('the response says how to sign in', async () => {
    const query = { method: 'POST', headers: { 'Content-Type': 'application/json' } };
    for (const [path, init] of [
      [EVENTS, {}],
      ['/graphql', { ...query, body: '{"query":"{ predictions { totalCount } }"}' }],
      ['/graphql', { ...query, body: '{}', headers: { ...query.headers, ...revoked } }],
    ] as const) {
      const response = await fetch(server.url + path, init);
      expect([path, response.headers.get('WWW-Authenticate')]).toEqual([path, 'Bearer']);
    }
  });
});

test('who may not do it', async () => {
  const forbidden = {
    code: 'FORBIDDEN',
    message: expect.stringMatching(/one of these roles is needed: .*Administrator\.$/),
  };
  const query = `{ promotionGates(modelVersionId: "${newId('mver')}", alias: CHAMPION) { gate } }`;
  expect(await overGraphql(query, auditor)).toEqual({ status: 403, ...forbidden });
  expect(await overSocket(query, auditor)).toEqual(forbidden);
  expect(await overRest('/predict', post(await cell(1), auditor))).toEqual({ status: 403, ...forbidden });
});

test('what does not exist', async () => {
  const notFound = { code: 'NOT_FOUND', message: expect.stringMatching(/^There is no /) };
  const gates = `{ promotionGates(modelVersionId: "${newId('mver')}", alias: CHAMPION) { gate } }`;
  expect(await overGraphql(gates, admin)).toEqual({ status: 404, ...notFound });
  expect(await overSocket(gates, admin)).toEqual(notFound);
  expect(await overSocket('subscription { championChanged(modelName: "none") { id } }', admin)).toEqual(
    notFound,
  );
  const run = `subscription { trainingRunChanged(id: "${newId('run')}") { id } }`;
  expect(await overSocket(run, admin)).toEqual(notFound);
  expect(await overRest(`/predict?siteId=${newId('site')}`, post(await cell(1), admin))).toEqual({
    status: 404,
    ...notFound,
  });
  expect(await overRest(EVIDENCE, { headers: admin })).toEqual({ status: 404, ...notFound });
  expect(await overRest('/nothing.json', { method: 'POST' })).toMatchObject({
    status: 404,
    code: 'NOT_FOUND',
  });
});

test('what is invalid', async () => {
  const invalid = { code: 'BAD_USER_INPUT', message: expect.stringMatching(/from 1 to|from 16 to/) };
  expect(await overGraphql('{ predictions(first: 0) { totalCount } }', admin)).toEqual({
    status: 400,
    ...invalid,
  });
  expect(await overSocket('{ predictions(first: 0) { totalCount } }', admin)).toEqual(invalid);
  const thumbnail = `/files/images/${'0'.repeat(64)}/thumbnail?size=3`;
  expect(await overRest(thumbnail, { headers: admin })).toEqual({ status: 400, ...invalid });
});

test('what is too large', async () => {
  const tooLarge = { status: 413, code: 'TOO_LARGE', message: expect.any(String) };
  expect(await overRest('/predict', post(new Uint8Array(MAX_UPLOAD_BYTES + 1), admin))).toEqual(tooLarge);
  expect(await overGraphql(`{ __typename } #${'x'.repeat(1_000_001)}`, admin)).toEqual(tooLarge);
  const client = createTestClient(server.url);
  Object.assign(client.headers, admin);
  const { data } = await client.upload(
    'mutation ($image: Upload!) { classify(image: $image) { userErrors { code message } } }',
    new Uint8Array(MAX_UPLOAD_BYTES + 1),
  );
  expect(data.classify.userErrors).toEqual([{ code: 'TOO_LARGE', message: expect.any(String) }]);
});

test('what conflicts', async () => {
  const key = { 'Idempotency-Key': randomBytes(8).toString('hex') };
  const first = await fetch(`${server.url}/predict`, post(await cell(1), { ...admin, ...key }));
  expect(first.status).toBe(200);
  const other = await cell(2);
  const conflict = { code: 'CONFLICT', message: expect.any(String) };
  expect(await overRest('/predict', post(other, { ...admin, ...key }))).toEqual({ status: 409, ...conflict });
  const client = createTestClient(server.url);
  Object.assign(client.headers, admin, key);
  const { data } = await client.upload(
    'mutation ($image: Upload!) { classify(image: $image) { userErrors { code message } } }',
    other,
  );
  expect(data.classify.userErrors).toEqual([conflict]);
});

test('what is no operation', async () => {
  for (const [query, code] of [
    ['{', 'GRAPHQL_PARSE_FAILED'],
    ['{ nothing }', 'GRAPHQL_VALIDATION_FAILED'],
    ['query One { __typename } query Other { __typename }', 'OPERATION_RESOLUTION_FAILURE'],
  ] as const) {
    expect(await overGraphql(query, admin)).toMatchObject({ status: 400, code });
  }
});

test('a response with the data of one field has the status 200, and a client of application/json also gets invalid operations so', async () => {
  const partly = '{ viewer { id } prediction(id: "mver_0") { id } }';
  expect(await overGraphql(partly, admin)).toMatchObject({ status: 200, code: 'BAD_USER_INPUT' });
  const json = { ...admin, Accept: 'application/json' };
  expect(await overGraphql('{ predictions(first: 0) { totalCount } }', json)).toMatchObject({ status: 200 });
  expect(await overGraphql('{ predictions { totalCount } }', { Accept: 'application/json' })).toMatchObject({
    status: 401,
  });
});

test('a WebSocket from a page of another site', async () => {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', {
    headers: { Origin: 'https://evil.example' },
  });
  const refused = await new Promise<Seen>((resolve, reject) => {
    socket.on('unexpected-response', (_request, response) => {
      let body = '';
      response.on('data', (part: Buffer) => (body += part.toString()));
      response.on('end', () => {
        const { code, error } = JSON.parse(body);
        resolve({ status: response.statusCode ?? 0, code, message: error });
      });
    });
    socket.on('open', () => reject(new Error('It was opened.')));
  });
  const forbidden = {
    status: 403,
    code: 'FORBIDDEN',
    message: expect.stringMatching(/^Pages of other sites/),
  };
  expect(refused).toEqual(forbidden);
  const headers = { ...admin, Origin: 'https://evil.example' };
  expect(await overRest('/predict', post(await cell(1), headers))).toEqual(forbidden);
});

test('a database that does not answer', async () => {
  await proxy.set({ kind: 'refuse' });
  const unavailable = { code: 'UNAVAILABLE', message: expect.stringMatching(/^The database /) };
  expect(await overGraphql('{ predictions { totalCount } }', admin)).toEqual({ status: 503, ...unavailable });
  expect(await overSocket('{ predictions { totalCount } }', admin)).toEqual(unavailable);
  expect(await overRest(EVENTS, { headers: admin })).toEqual({ status: 503, ...unavailable });
  expect(
    await overGraphql('{ signInMethods { builtInAccounts } predictions { totalCount } }', {}),
  ).toMatchObject({
    status: 401, // needs no database
  });
  await proxy.heal();
});

test('an address that has used up its cost', async () => {
  const overloaded = { code: 'OVERLOADED', message: expect.stringMatching(/Try again in \d+ s/) };
  const costly = `{ nothing } #${'x'.repeat(99_000)}`; // half a unit for each character
  const askAll = async () => {
    for (let sent = 0; sent < 3; sent++) await overGraphql(costly);
    return Promise.all([
      overGraphql('{ viewer { id } }'),
      overSocket('{ models { id } }', revoked),
      overRest(EVENTS),
    ]);
  };
  const isOverloaded = (answer: { code?: unknown } | null) => answer?.code === 'OVERLOADED';
  let answers = await askAll();
  // The 10 s may have ended between the requests.
  for (let tries = 0; tries < 5 && !answers.every(isOverloaded); tries++) answers = await askAll();
  const [graphql, socket, rest] = answers;
  expect({ graphql, socket, rest }).toEqual({
    graphql: { status: 429, ...overloaded },
    socket: overloaded,
    rest: { status: 429, ...overloaded },
  });
});
