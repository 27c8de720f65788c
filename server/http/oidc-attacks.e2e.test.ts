import { createSecretKey, generateKeyPairSync } from 'node:crypto';
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { base64url, decodeJwt, type JWTPayload, SignJWT } from 'jose';
import {
  CLIENT_SECRET,
  RedirectBrowser,
  type ServerWithProvider,
  startWithProvider,
} from '../features/accounts/oidc/testing.js';
import { createTestClient } from './testing.js';

// Attacks on the sign-in with a real OpenID Connect provider, and faults of the provider. Each ends without a session.

let running: ServerWithProvider;
beforeAll(async () => {
  running = await startWithProvider({
    people: {
      ann: { name: 'Ann Ames', email: 'ann@clinic.example', groups: ['wards'] },
      eve: { name: 'Eve', email: 'eve@clinic.example', groups: ['wards'] },
    },
    groups: { roles: { wards: ['CLINICIAN'] } },
  });
});
afterEach(() => {
  running.provider.changeTokens = null;
  running.provider.codeSeconds = 60;
});
afterAll(() => running.stop());

const CALLBACK = /\/oidc\/callback/;
const problemOf = ({ url }: { url: string }) => new URL(url).searchParams.get('sign-in-problem');
const sessionOf = (browser: RedirectBrowser) => browser.cookie(running.server.url, 'cytograph_session');

/** Signs in at the provider, and stops before the callback: returns its address. */
async function untilCallback(browser: RedirectBrowser, login = 'ann'): Promise<URL> {
  const { url } = await browser.signIn(running.signInUrl, login, CALLBACK);
  expect(url).toMatch(CALLBACK);
  return new URL(url);
}

const failures = () =>
  running.database.auditEvent.findMany({
    where: { action: 'SIGNED_IN', outcome: 'failure' },
    orderBy: { id: 'asc' },
  });

async function expectRefusal(browser: RedirectBrowser, url: URL, problem = 'REJECTED'): Promise<void> {
  const page = await browser.open(url.href);
  expect({ problem: problemOf(page), session: sessionOf(browser) }).toEqual({ problem, session: null });
  expect(new URL(page.url).origin).toBe(running.server.url);
}

test('the way to the provider asks for a code with PKCE, state and nonce', async () => {
  const response = await new RedirectBrowser().fetch(running.signInUrl);
  const query = new URL(response.headers.get('location') ?? '').searchParams;
  expect(Object.fromEntries(query)).toMatchObject({
    response_type: 'code',
    code_challenge_method: 'S256',
    code_challenge: expect.stringMatching(/^[\w-]{43}$/),
    state: expect.stringMatching(/^[\w-]{43}$/),
    nonce: expect.stringMatching(/^[\w-]{43}$/),
  });
  expect(response.headers.get('cache-control')).toBe('no-store');
  expect(response.headers.get('referrer-policy')).toBe('no-referrer');
  const [cookie = ''] = response.headers.getSetCookie();
  expect(cookie).toMatch(/^cytograph_sign_in=.*; Max-Age=600; Path=\/oidc; .*HttpOnly; SameSite=Lax$/);
});

test('an altered state is refused, and recorded', async () => {
  const browser = new RedirectBrowser();
  const url = await untilCallback(browser);
  url.searchParams.set('state', 'x'.repeat(43));
  await expectRefusal(browser, url);
  expect((await failures()).at(-1)?.detail).toMatch(/with the identity provider: .*state/);
});

test('a callback that this browser did not ask for is refused', async () => {
  const eve = await untilCallback(new RedirectBrowser(), 'eve');
  await expectRefusal(new RedirectBrowser(), eve, 'EXPIRED');
  // Nor into a sign-in that the victim has begun, with its own state or with the victim's.
  const victim = new RedirectBrowser();
  await victim.fetch(running.signInUrl);
  await expectRefusal(victim, eve);
  const another = new RedirectBrowser();
  const own = await untilCallback(another);
  const code = (await untilCallback(new RedirectBrowser(), 'eve')).searchParams.get('code') ?? '';
  own.searchParams.set('code', code);
  await expectRefusal(another, own);
});

test('a code works once', async () => {
  const browser = new RedirectBrowser();
  const url = await untilCallback(browser);
  const attempt = browser.cookie(running.server.url, 'cytograph_sign_in') ?? '';
  expect(problemOf(await browser.open(url.href))).toBeNull();
  const thief = new RedirectBrowser();
  thief.setCookie(running.server.url, 'cytograph_sign_in', attempt, '/oidc');
  await expectRefusal(thief, url);
  expect((await failures()).at(-1)?.detail).toMatch(/invalid_grant/);
});

test('an expired code is refused', async () => {
  running.provider.codeSeconds = 1;
  const browser = new RedirectBrowser();
  const url = await untilCallback(browser);
  await sleep(2_500);
  await expectRefusal(browser, url);
});

test('a response that names another provider is refused', async () => {
  const browser = new RedirectBrowser();
  const url = await untilCallback(browser);
  expect(url.searchParams.get('iss')).toBe(running.provider.issuer);
  url.searchParams.set('iss', 'https://evil.example');
  await expectRefusal(browser, url);
});

test('a person who cancels at the provider reads that', async () => {
  const browser = new RedirectBrowser();
  const url = await untilCallback(browser);
  url.searchParams.delete('code');
  url.searchParams.set('error', 'access_denied');
  await expectRefusal(browser, url, 'CANCELLED');
});

test('an error that no provider sends is refused and recorded, without its text', async () => {
  for (const error of ['a\0b', 'x'.repeat(5_000), 'two\nlines']) {
    await running.database.signInFailures.deleteMany(); // after five in a row, not each one is recorded
    const before = (await failures()).length;
    const browser = new RedirectBrowser();
    const url = await untilCallback(browser);
    url.searchParams.delete('code');
    url.searchParams.set('error', error);
    await expectRefusal(browser, url);
    const [failure] = (await failures()).slice(before);
    expect(failure?.detail).toBe('with the identity provider: the provider answered an error without a name');
  }
});

const otherKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const encoded = (value: object) => base64url.encode(JSON.stringify(value));

/** ID tokens that replace the real one, made from its claims. */
const idTokens: [string, (claims: JWTPayload) => Promise<string> | string][] = [
  ['with another nonce', (claims) => running.provider.sign({ ...claims, nonce: 'another' })],
  ['without a nonce', (claims) => running.provider.sign({ ...claims, nonce: undefined })],
  ['for another client', (claims) => running.provider.sign({ ...claims, aud: 'gateway' })],
  ['of another issuer', (claims) => running.provider.sign({ ...claims, iss: 'https://evil.example' })],
  ['that has expired', (claims) => running.provider.sign({ ...claims, exp: (claims.iat ?? 0) - 120 })],
  ['without a subject', (claims) => running.provider.sign({ ...claims, sub: undefined })],
  ['without a signature', (claims) => `${encoded({ alg: 'none' })}.${encoded(claims)}.`],
  [
    'signed with the client’s secret',
    (claims) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: 'HS256' })
        .sign(createSecretKey(Buffer.from(CLIENT_SECRET))),
  ],
  [
    'signed with another key',
    (claims) => new SignJWT(claims).setProtectedHeader({ alg: 'RS256' }).sign(otherKey),
  ],
  [
    'that names an unknown key',
    (claims) => new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'other' }).sign(otherKey),
  ],
  ['that is no JWT', () => 'x'],
];

test.each(idTokens)('an ID token %s is refused', async (_what, make) => {
  const browser = new RedirectBrowser();
  const url = await untilCallback(browser);
  let replaced = false;
  running.provider.changeTokens = async (body) => {
    body.id_token = await make(decodeJwt(String(body.id_token)));
    replaced = true;
  };
  await expectRefusal(browser, url);
  expect(replaced).toBe(true);
});

test('an answer without an ID token is refused', async () => {
  const browser = new RedirectBrowser();
  const url = await untilCallback(browser);
  running.provider.changeTokens = (body) => {
    delete body.id_token;
  };
  await expectRefusal(browser, url);
});

test('clocks may differ by a minute', async () => {
  for (const seconds of [-40, 40]) {
    running.provider.changeTokens = async (body) => {
      const { iat = 0, ...claims } = decodeJwt(String(body.id_token));
      const shifted = {
        ...claims,
        iat: iat + seconds,
        nbf: iat + seconds,
        exp: seconds < 0 ? iat + seconds : iat + 60,
      };
      body.id_token = await running.provider.sign(shifted, { typ: 'JWT' });
    };
    const browser = new RedirectBrowser();
    expect(problemOf(await browser.open((await untilCallback(browser)).href))).toBeNull();
    expect(sessionOf(browser)).not.toBeNull();
  }
});

test.each([
  'https://evil.example/',
  '//evil.example/',
  '/\\evil.example',
  '/%09/evil.example',
  '/oidc/sign-in',
])('a link to the sign-in with the page %s does not leave this server', async (page) => {
  const query = new URLSearchParams({ page: decodeURIComponent(page) }).toString();
  const browser = new RedirectBrowser();
  expect((await browser.signIn(`${running.signInUrl}?${query}`, 'ann')).url).toBe(`${running.server.url}/`);
});

test('a page in an altered cookie does not leave this server either', async () => {
  const browser = new RedirectBrowser();
  const url = await untilCallback(browser);
  const kept = JSON.parse(
    Buffer.from(browser.cookie(url.href, 'cytograph_sign_in') ?? '', 'base64url').toString(),
  ) as object;
  browser.setCookie(url.href, 'cytograph_sign_in', encoded({ ...kept, page: '//evil.example' }), '/oidc');
  expect((await browser.open(url.href)).url).toBe(`${running.server.url}/`);
});

test.each([
  ['empty', ''],
  ['no base64', '%00'],
  ['no JSON', 'x'],
  ['without what it needs', encoded({ state: 1 })],
  ['long', '['.repeat(5000)],
])('a malformed cookie of a sign-in (%s) counts as none', async (_what, value) => {
  const browser = new RedirectBrowser();
  const url = await untilCallback(browser);
  browser.setCookie(url.href, 'cytograph_sign_in', value, '/oidc');
  await expectRefusal(browser, url, 'EXPIRED');
});

test('the Host header does not decide where the provider sends people', async () => {
  const { hostname, port } = new URL(running.server.url);
  const location = await new Promise<string>((resolve, reject) => {
    const headers = { Host: 'evil.example', 'X-Forwarded-Host': 'evil.example' };
    request({ hostname, port, path: '/oidc/sign-in', headers }, (response) => {
      response.resume();
      resolve(response.headers.location ?? '');
    })
      .on('error', reject)
      .end();
  });
  expect(new URL(location).searchParams.get('redirect_uri')).toBe(`${running.server.url}/oidc/callback`);
});

test('a session that was in the browser before does not become the new one', async () => {
  const browser = new RedirectBrowser();
  browser.setCookie(running.server.url, 'cytograph_session', 'chosen-by-somebody-else');
  await browser.open((await untilCallback(browser)).href);
  expect(sessionOf(browser)).not.toBe('chosen-by-somebody-else');
  const client = createTestClient(running.server.url);
  client.headers.cookie = 'cytograph_session=chosen-by-somebody-else';
  expect((await client.graphql('{ viewer { id } }')).data.viewer).toBeNull();
});

test('after a rotation of keys people sign in', async () => {
  await new RedirectBrowser().signIn(running.signInUrl, 'ann'); // the old keys are known
  await running.provider.rotateKeys();
  await sleep(5_500); // unknown keys are looked up at most every 5 s
  const browser = new RedirectBrowser();
  expect(problemOf(await browser.signIn(running.signInUrl, 'ann'))).toBeNull();
  expect(sessionOf(browser)).not.toBeNull();
});

const outages: [string, () => Promise<void>, () => Promise<void>][] = [
  ['refuses connections', () => running.provider.goDown(), () => running.provider.comeUp()],
  [
    'answers 503',
    async () => void (running.provider.isFailing = true),
    async () => void (running.provider.isFailing = false),
  ],
];

test.each(outages)(
  'while the provider %s, people who are signed in continue to work, and others read why they cannot sign in',
  async (_what, begin, end) => {
    const working = new RedirectBrowser();
    await working.signIn(running.signInUrl, 'ann');
    const browser = new RedirectBrowser();
    const url = await untilCallback(browser);
    await begin();
    try {
      await expectRefusal(browser, url, 'UNAVAILABLE');
      const client = createTestClient(running.server.url);
      client.headers.cookie = `cytograph_session=${sessionOf(working) ?? ''}`;
      expect(
        (await client.graphql('{ viewer { email } predictions { totalCount } }')).data.viewer.email,
      ).toBe('ann@clinic.example');
      expect((await client.fetch('/readyz')).status).toBe(200);
      await createTestClient(running.server.url).signIn(running.server.admin);
    } finally {
      await end();
    }
    expect(problemOf(await new RedirectBrowser().signIn(running.signInUrl, 'ann'))).toBeNull();
  },
);

test('the server starts while the provider is down, and people sign in once it is up', async () => {
  const late = await startWithProvider({
    people: { ann: { name: 'Ann Ames', email: 'ann@clinic.example', groups: ['wards'] } },
    groups: { roles: { wards: ['CLINICIAN'] } },
    isUp: false,
  });
  try {
    await createTestClient(late.server.url).signIn(late.server.admin);
    expect(problemOf(await new RedirectBrowser().open(late.signInUrl))).toBe('UNAVAILABLE');
    await late.provider.comeUp();
    const page = await new RedirectBrowser().signIn(late.signInUrl, 'ann');
    expect(page).toMatchObject({ url: `${late.server.url}/`, status: 200 });
  } finally {
    await late.stop();
  }
});

// The last test: for 10 s this address is refused.
test('a flood of made-up sign-ins is refused before the provider is asked', async () => {
  const attempt = { state: 'x', nonce: 'x', codeVerifier: 'x'.repeat(43), page: '/' };
  const cookie = `cytograph_sign_in=${Buffer.from(JSON.stringify(attempt)).toString('base64url')}`;
  const { issuer } = running.provider;
  const callback = `${running.server.url}/oidc/callback?state=x&code=x&iss=${encodeURIComponent(issuer)}`;
  const statuses: number[] = [];
  while (statuses.length < 1_000 && statuses.at(-1) !== 429)
    statuses.push((await fetch(callback, { headers: { cookie }, redirect: 'manual' })).status);
  expect([...new Set(statuses)]).toEqual([303, 429]);
  expect((await fetch(running.signInUrl, { redirect: 'manual' })).status).toBe(429);
});
