import { createSecretKey } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { base64url, SignJWT } from 'jose';
import type { Database } from '../database/client.js';
import {
  API_AUDIENCE,
  CLIENT_ID,
  CLIENT_SECRET,
  type ServerWithProvider,
  startWithProvider,
  type TestProvider,
} from '../features/accounts/oidc/testing.js';
import { drawSmear } from '../imaging/testing.js';
import type { TestServer } from '../testing.js';
import { createTestClient, type TestClient } from './testing.js';

// Programs with access tokens of a real OpenID Connect provider, over HTTP and WebSocket.

let running: ServerWithProvider;
let provider: TestProvider;
let server: TestServer;
let database: Database;

beforeAll(async () => {
  running = await startWithProvider({
    people: { gateway: { groups: ['gateways'] } },
    groups: {
      roles: { gateways: ['CLINICIAN'], heads: ['ADMIN'], readers: ['CLINICIAN'] },
      scopes: { readers: ['READ_HISTORY'], heads: ['ADMINISTER'] },
    },
    env: { OIDC_API_AUDIENCE: API_AUDIENCE },
  });
  ({ provider, server, database } = running);
});
afterAll(() => running.stop());

function clientWith(token: string): TestClient {
  const client = createTestClient(server.url);
  client.headers.authorization = `Bearer ${token}`;
  return client;
}

const inSeconds = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;

/** The claims of a valid token; each test changes what it is about. */
const claims = (subject = 'gateway') => ({
  iss: provider.issuer,
  aud: API_AUDIENCE,
  sub: subject,
  iat: inSeconds(0),
  exp: inSeconds(60),
  groups: ['gateways'],
});

async function answerTo(token: string) {
  const response = await clientWith(token).fetch('/graphql', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ query: '{ viewer { email displayName roles } predictions { totalCount } }' }),
  });
  const { data, errors } = JSON.parse(await response.text());
  return { status: response.status, viewer: data?.viewer, error: errors?.[0]?.message, response };
}

test('a program uses its token from the provider over GraphQL, REST and WebSocket', async () => {
  const token = await provider.tokenOfProgram();
  expect(await answerTo(token)).toMatchObject({
    status: 200,
    viewer: {
      displayName: 'gateway',
      roles: ['CLINICIAN'],
      email: expect.stringMatching(/@programs\.invalid$/),
    },
  });
  const form = new FormData();
  form.append('image', new Blob([Uint8Array.from(await drawSmear().png().toBuffer())]), 'cell.png');
  const predicted = await clientWith(token).fetch('/predict', { method: 'POST', body: form });
  expect(predicted.status).toBe(200);

  const events = clientWith(token).subscribe('subscription { predictionCreated { id } }');
  const next = events.next();
  await predictUntilSettled(next);
  expect((await next).value.data.predictionCreated.id).toMatch(/^pred_/);
  await events.return?.();

  const users = await database.user.findMany({
    where: { displayName: 'gateway' },
    include: { identities: true },
  });
  expect(users).toMatchObject([{ passwordHash: null, identities: [{ subject: 'gateway' }] }]);
  const actions = await database.auditEvent.findMany({ where: { actorId: users[0]?.id ?? '' } });
  expect(actions.find(({ action }) => action === 'IMAGE_CLASSIFIED')?.credentialId).toMatch(/^jwt_/);
});

test('a token allows what its scopes allow, and never what changes accounts', async () => {
  const reader = clientWith(await provider.sign({ ...claims('reader'), groups: ['readers'] }));
  expect((await reader.graphql('{ predictions { totalCount } }')).errors).toBeUndefined();
  const cancel = `mutation { cancelTraining(id: "run_${'0'.repeat(32)}") { userErrors { code } } }`;
  expect((await reader.graphql(cancel)).errors?.[0]?.extensions.code).toBe('FORBIDDEN');
  const head = clientWith(await provider.sign({ ...claims('head'), groups: ['heads'] }));
  expect((await head.graphql('{ users { id } }')).errors).toBeUndefined();
  const create = `mutation { createUser(input: { email: "x@example.org", displayName: "x", roles: [ADMIN] }) { userErrors { code } } }`;
  expect((await head.graphql(create)).errors?.[0]?.extensions.code).toBe('FORBIDDEN');
  const token = `mutation { createApiToken(input: { name: "x" }) { secret userErrors { code } } }`;
  expect((await head.graphql(token)).errors?.[0]?.extensions.code).toBe('FORBIDDEN');
});

test('the roles are those of each token', async () => {
  const more = await answerTo(await provider.sign({ ...claims('both'), groups: ['gateways', 'heads'] }));
  expect(more.viewer.roles).toEqual(['CLINICIAN', 'ADMIN']);
  const less = await answerTo(await provider.sign(claims('both')));
  expect(less.viewer.roles).toEqual(['CLINICIAN']);
});

const withoutSignature = (payload: object) =>
  `${base64url.encode(JSON.stringify({ alg: 'none' }))}.${base64url.encode(JSON.stringify(payload))}.`;

/** Signed with a secret that an attacker knows: the client's, or the published key as text. */
const withSecret = (payload: object, secret: string | Buffer) =>
  new SignJWT({ ...payload })
    .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt' })
    .sign(createSecretKey(Buffer.from(secret as string)));

const publishedKey = async () =>
  JSON.stringify(((await (await fetch(`${provider.issuer}/jwks`)).json()) as { keys: unknown[] }).keys[0]);

const altered = async () => {
  const [header, , signature] = (await provider.sign(claims())).split('.');
  return `${header}.${base64url.encode(JSON.stringify({ ...claims(), groups: ['heads'] }))}.${signature}`;
};

const bad: [string, () => Promise<string> | string, RegExp][] = [
  ['has expired', () => provider.sign({ ...claims(), exp: inSeconds(-90) }), /it has expired/],
  ['is not valid yet', () => provider.sign({ ...claims(), nbf: inSeconds(120) }), /it is not valid yet/],
  ['never expires', () => provider.sign({ ...claims(), exp: undefined }), /its claim exp is missing/],
  ['has no subject', () => provider.sign({ ...claims(), sub: undefined }), /its claim sub is missing/],
  [
    'is for another audience',
    () => provider.tokenOfProgram('urn:another:api'),
    /for another audience than urn:cytograph:api/,
  ],
  [
    'is an ID token',
    () => provider.sign({ ...claims(), aud: CLIENT_ID }, { typ: 'JWT' }),
    /for another audience/,
  ],
  [
    'has no audience',
    () => provider.sign({ ...claims(), aud: undefined }),
    /for another audience|aud is missing/,
  ],
  [
    'is from another issuer',
    () => provider.sign({ ...claims(), iss: 'http://localhost:1' }),
    /from another issuer/,
  ],
  [
    'is a logout token',
    () => provider.sign(claims(), { typ: 'logout+jwt' }),
    /not a signed token .* of the right kind/,
  ],
  ['has no signature', () => withoutSignature(claims()), /algorithm is not allowed/],
  [
    'is signed with the client’s secret',
    () => withSecret(claims(), CLIENT_SECRET),
    /algorithm is not allowed/,
  ],
  [
    'is signed with the published key',
    async () => withSecret(claims(), await publishedKey()),
    /algorithm is not allowed/,
  ],
  ['was changed', altered, /its signature is wrong/],
  ['names an unknown key', () => provider.sign(claims(), { kid: 'another' }), /has no key that could/],
  ['names no group', () => provider.sign({ ...claims(), groups: [] }), /no group that gives a role/],
  ['is no JWT', () => 'a.b.c', /not a signed token .* of the right kind/],
];

test.each(bad)('a token that %s is refused everywhere, with the reason', async (_what, make, reason) => {
  const token = await make();
  const { status, error, viewer, response } = await answerTo(token);
  expect({ status, error, viewer }).toEqual({
    status: 401,
    error: expect.stringMatching(reason),
    viewer: undefined,
  });
  expect(response.headers.get('www-authenticate')).toBe('Bearer');
  const rest = await clientWith(token).fetch('/predict', { method: 'POST' });
  expect(rest.status).toBe(401);
  expect((await rest.json()) as object).toMatchObject({
    code: 'UNAUTHENTICATED',
    error: expect.stringMatching(reason),
  });
  const { value } = await clientWith(token)
    .subscribe('subscription { predictionCreated { id } }')
    .next()
    .catch((errors: unknown) => ({ value: { errors } }));
  expect(JSON.stringify(value)).toMatch(reason);
});

test('clocks may differ by a minute', async () => {
  expect((await answerTo(await provider.sign({ ...claims(), exp: inSeconds(-30) }))).status).toBe(200);
  expect((await answerTo(await provider.sign({ ...claims(), nbf: inSeconds(30) }))).status).toBe(200);
});

test('a subscription ends when its token has expired', async () => {
  const seen: unknown[] = [];
  let ended: unknown;
  // On a busy machine, the first token may expire before its subscription has an event.
  for (let seconds = 3; seen.length === 0; seconds *= 2) {
    const token = await provider.sign({ ...claims(), exp: inSeconds(seconds - 60) }); // a minute is tolerated
    const events = clientWith(token).subscribe('subscription { predictionCreated { id } }');
    const untilItEnds = async () => {
      for await (const event of events) seen.push(event);
    };
    const ending = untilItEnds().catch((error: unknown) => error);
    await predictUntilSettled(ending);
    ended = await ending;
  }
  expect(ended).toMatchObject({ code: 4403 });
});

/** Sends images with a valid token until the promise has settled. */
async function predictUntilSettled(promise: Promise<unknown>): Promise<void> {
  const token = await provider.tokenOfProgram();
  const settled = new AbortController();
  const settle = () => settled.abort();
  promise.then(settle, settle);
  for (let seed = 5; !settled.signal.aborted; seed++) {
    const form = new FormData();
    form.append('image', new Blob([Uint8Array.from(await drawSmear({ seed }).png().toBuffer())]), 'cell.png');
    const response = await clientWith(token).fetch('/predict', { method: 'POST', body: form });
    expect(response.status).toBe(200);
    await sleep(200);
  }
}

test('a disabled program is refused', async () => {
  const token = await provider.sign(claims('retired'));
  expect((await answerTo(token)).status).toBe(200);
  await database.user.updateMany({ where: { displayName: 'retired' }, data: { disabledAt: new Date() } });
  expect(await answerTo(token)).toMatchObject({
    status: 401,
    error: expect.stringMatching(/account is disabled/),
  });
});

test('after a rotation of keys the new key works and the old one does not', async () => {
  const old = await provider.sign(claims());
  expect((await answerTo(old)).status).toBe(200);
  await provider.rotateKeys();
  await sleep(5_500); // an unknown key makes the server read the keys again at most every 5 s
  expect((await answerTo(await provider.sign(claims()))).status).toBe(200);
  expect(await answerTo(old)).toMatchObject({
    status: 401,
    error: expect.stringMatching(/has no key that could/),
  });

  // Tokens with made-up keys do not make the server ask the provider each time.
  const before = provider.keysRead;
  const begun = performance.now();
  for (let i = 0; i < 30; i++) await answerTo(await provider.sign(claims(), { kid: `made up ${i}` }));
  const seconds = (performance.now() - begun) / 1_000;
  expect(provider.keysRead - before).toBeLessThanOrEqual(1 + seconds / 5);
});

test('programs with valid tokens keep working while the provider is down', async () => {
  const token = await provider.tokenOfProgram();
  await provider.goDown();
  try {
    expect((await answerTo(token)).status).toBe(200);
  } finally {
    await provider.comeUp();
  }
});
