import type { Database } from '../database/client.js';
import {
  RedirectBrowser,
  type ServerWithProvider,
  startWithProvider,
  type TestProvider,
} from '../features/accounts/oidc/testing.js';
import type { TestServer } from '../testing.js';
import { createTestClient, type TestClient } from './testing.js';

// Signing in with a real OpenID Connect provider (oidc-provider), through its own pages, over HTTP.

const GROUPS = {
  claim: 'groups',
  roles: { wards: ['CLINICIAN'], engineers: ['ML_ENGINEER'], heads: ['ADMIN'] },
};

let running: ServerWithProvider;
let provider: TestProvider;
let server: TestServer;
let database: Database;
let signInUrl: string;

beforeAll(async () => {
  running = await startWithProvider({
    people: {
      ann: {
        name: 'Ann Ames',
        email: 'Ann@Clinic.example',
        email_verified: true,
        groups: ['wards', 'choir'],
      },
      bob: { name: 'Bob Best', email: 'bob@clinic.example', groups: ['choir'] },
      cat: { name: 'Cat Cole', groups: ['wards'] },
      dan: { name: 'Dan Dale', email: 'admin@example.org', email_verified: true, groups: ['heads'] },
    },
    groups: GROUPS,
    env: { OIDC_NAME: 'St. Mary’s', OIDC_CONTACT: 'the service desk, extension 4711' },
  });
  ({ provider, server, database, signInUrl } = running);
});
afterAll(() => running.stop());

/** The API as the person who has signed in with the browser uses it. */
function apiOf(browser: RedirectBrowser): TestClient {
  const client = createTestClient(server.url);
  client.headers.cookie = `cytograph_session=${browser.cookie(server.url, 'cytograph_session') ?? ''}`;
  return client;
}

async function viewerOf(browser: RedirectBrowser) {
  const client = apiOf(browser);
  const { data } = await client.graphql(
    '{ viewer { email displayName roles passwordIsOneTime lastSignedInAt } }',
  );
  return data.viewer;
}

const problemOf = ({ url }: { url: string }) => new URL(url).searchParams.get('sign-in-problem');

async function signedIn(login: string): Promise<RedirectBrowser> {
  const browser = new RedirectBrowser();
  const page = await browser.signIn(signInUrl, login);
  expect({ problem: problemOf(page), url: page.url }).toEqual({ problem: null, url: `${server.url}/` });
  return browser;
}

test('the sign-in page knows how people sign in', async () => {
  const { data } = await createTestClient(server.url).graphql(
    '{ signInMethods { provider { name url againUrl contact } builtInAccounts } }',
  );
  expect(data.signInMethods).toEqual({
    provider: {
      ...{ name: 'St. Mary’s', url: signInUrl, againUrl: `${server.url}/oidc/sign-in-again` },
      contact: 'the service desk, extension 4711',
    },
    builtInAccounts: true,
  });
});

test('a person signs in with the provider, gets an account, and comes to the page that they wanted', async () => {
  const browser = new RedirectBrowser();
  const page = await browser.signIn(`${signInUrl}?page=/predictions%3Flabel=blast`, 'ann');
  expect(page).toMatchObject({ url: `${server.url}/predictions?label=blast`, status: 200 });
  expect(await viewerOf(browser)).toEqual({
    email: 'ann@clinic.example',
    displayName: 'Ann Ames',
    roles: ['CLINICIAN'],
    passwordIsOneTime: false,
    lastSignedInAt: expect.any(String),
  });
  expect(browser.cookie(server.url, 'cytograph_sign_in')).toBeNull();

  const user = await database.user.findUniqueOrThrow({
    where: { email: 'ann@clinic.example' },
    include: { identities: true, sessions: true },
  });
  expect(user).toMatchObject({
    passwordHash: null,
    identities: [{ issuer: provider.issuer, subject: 'ann', linkedAt: expect.any(Date) }],
    sessions: [{ identityId: user.identities[0]?.id, providerSessionId: expect.any(String) }],
  });
  const events = await database.auditEvent.findMany({ where: { entityId: user.id }, orderBy: { id: 'asc' } });
  expect(events.map(({ action, outcome, detail }) => ({ action, outcome, detail }))).toEqual([
    {
      action: 'USER_CREATED',
      outcome: 'success',
      detail: `ann@clinic.example (CLINICIAN), known to ${provider.issuer} as ann`,
    },
    { action: 'SIGNED_IN', outcome: 'success', detail: `with ${provider.issuer}` },
  ]);
});

test('name, address and roles follow the provider at each sign-in', async () => {
  await signedIn('ann');
  provider.people.ann = { name: 'Ann Bell', email: 'bell@clinic.example', groups: ['engineers', 'wards'] };
  const browser = await signedIn('ann');
  expect(await viewerOf(browser)).toMatchObject({
    email: 'bell@clinic.example',
    displayName: 'Ann Bell',
    roles: ['CLINICIAN', 'ML_ENGINEER'],
  });
  expect(await database.userIdentity.count({ where: { subject: 'ann' } })).toBe(1);
});

test('a person without a group that gives a role gets no account', async () => {
  const page = await new RedirectBrowser().signIn(signInUrl, 'bob');
  expect(problemOf(page)).toBe('NO_ROLE');
  expect(await database.user.count({ where: { email: 'bob@clinic.example' } })).toBe(0);
  const failure = await database.auditEvent.findFirstOrThrow({
    where: { action: 'SIGNED_IN', outcome: 'failure' },
    orderBy: { id: 'desc' },
  });
  expect(failure.detail).toBe(`no group gives a role: bob of ${provider.issuer}`);
});

test('a person who has lost every group loses the sessions and tokens too', async () => {
  provider.people.eve = { name: 'Eve', email: 'eve@clinic.example', groups: ['wards'] };
  const before = await signedIn('eve');
  provider.people.eve.groups = [];
  expect(problemOf(await new RedirectBrowser().signIn(signInUrl, 'eve'))).toBe('NO_ROLE');
  expect(await viewerOf(before)).toBeNull();
});

test('a person without an e-mail address is refused', async () => {
  expect(problemOf(await new RedirectBrowser().signIn(signInUrl, 'cat'))).toBe('NO_EMAIL');
});

test('a person with the address of a built-in account does not get that account', async () => {
  const browser = new RedirectBrowser();
  expect(problemOf(await browser.signIn(signInUrl, 'dan'))).toBe('EMAIL_TAKEN');
  expect(await viewerOf(browser)).toBeNull();
  expect(problemOf(await new RedirectBrowser().signIn(signInUrl, 'dan'))).toBe('EMAIL_TAKEN');
  const identities = await database.userIdentity.findMany({ where: { subject: 'dan' } });
  expect(identities).toMatchObject([{ linkedAt: null, displayName: 'Dan Dale' }]);
});

test('a disabled person is refused', async () => {
  provider.people.fay = { name: 'Fay', email: 'fay@clinic.example', groups: ['wards'] };
  await signedIn('fay');
  await database.user.update({ where: { email: 'fay@clinic.example' }, data: { disabledAt: new Date() } });
  expect(problemOf(await new RedirectBrowser().signIn(signInUrl, 'fay'))).toBe('DISABLED');
});

const SIGN_OUT = 'mutation { signOutOfProvider }';

async function admin(): Promise<TestClient> {
  const client = createTestClient(server.url);
  await client.signIn(server.admin);
  return client;
}

const onUser = (mutation: string) =>
  `mutation ($id: ID!) { ${mutation}(id: $id) { user { id } userErrors { code message } } }`;
const idOf = async (email: string) => (await database.user.findUniqueOrThrow({ where: { email } })).id;

test('the provider, not an administrator, decides about roles and password', async () => {
  provider.people.gus = { name: 'Gus', email: 'gus@clinic.example', groups: ['wards'] };
  const gus = apiOf(await signedIn('gus'));
  const id = await idOf('gus@clinic.example');
  const api = await admin();
  const setRoles = `mutation ($id: ID!) { setUserRoles(input: { userId: $id, roles: [ADMIN] }) { user { id } userErrors { code message } } }`;
  const roles = await api.graphql(setRoles, { id });
  expect(roles.data.setUserRoles.userErrors).toMatchObject([
    { code: 'CONFLICT', message: expect.stringMatching(/St\. Mary’s.*roles/) },
  ]);
  const reset = await api.graphql(onUser('resetPassword'), { id });
  expect(reset.data.resetPassword.userErrors).toMatchObject([{ code: 'CONFLICT' }]);

  const change = `mutation { changePassword(currentPassword: "none", newPassword: "a smear dries in the sun") { userErrors { code message } } }`;
  expect((await gus.graphql(change)).data.changePassword.userErrors).toMatchObject([
    { code: 'CONFLICT', message: expect.stringMatching(/has no password/) },
  ]);
  const signIn = `mutation { signIn(email: "gus@clinic.example", password: "none") { userErrors { code } } }`;
  expect((await createTestClient(server.url).graphql(signIn)).data.signIn.userErrors).toMatchObject([
    { code: 'INVALID' },
  ]);
});

test('an administrator links a person to the account with the same address, which then has no password', async () => {
  const api = await admin();
  const create = `mutation { createUser(input: { email: "hal@clinic.example", displayName: "Hal", roles: [AUDITOR] }) { user { id } oneTimePassword } }`;
  const { user, oneTimePassword } = (await api.graphql(create)).data.createUser;
  const before = createTestClient(server.url);
  await before.signIn({ email: 'hal@clinic.example', password: oneTimePassword });

  provider.people.hal = { name: 'Hal Hope', email: 'hal@clinic.example', groups: ['wards'] };
  expect(problemOf(await new RedirectBrowser().signIn(signInUrl, 'hal'))).toBe('EMAIL_TAKEN');
  const IDENTITIES = `query ($id: ID!) { node(id: $id) { ... on User { identities { id subject displayName linkedAt } } } }`;
  const [identity] = (await api.graphql(IDENTITIES, { id: user.id })).data.node.identities;
  expect(identity).toMatchObject({ subject: 'hal', displayName: 'Hal Hope', linkedAt: null });

  const linked = await api.graphql(onUser('linkIdentity'), { id: identity.id });
  expect(linked.data.linkIdentity).toEqual({ user: { id: user.id }, userErrors: [] });
  expect(
    (await api.graphql(onUser('linkIdentity'), { id: identity.id })).data.linkIdentity.userErrors,
  ).toMatchObject([{ code: 'CONFLICT' }]);
  expect((await before.graphql('{ viewer { id } }')).data.viewer).toBeNull();
  await expect(before.signIn({ email: 'hal@clinic.example', password: oneTimePassword })).rejects.toThrow(
    /wrong/,
  );

  expect(await viewerOf(await signedIn('hal'))).toMatchObject({
    displayName: 'Hal Hope',
    roles: ['CLINICIAN'],
  });
  const events = await database.auditEvent.findMany({
    where: { entityId: user.id, action: 'IDENTITY_LINKED' },
  });
  expect(events).toMatchObject([{ detail: `hal of ${provider.issuer}`, outcome: 'success' }]);
});

test('the last administrator is refused, and loses the sessions, when the groups no longer give that role', async () => {
  provider.people.ivy = { name: 'Ivy', email: 'ivy@clinic.example', groups: ['heads'] };
  const before = await signedIn('ivy');
  provider.people.ivy.groups = ['wards'];
  const others = { roles: { has: 'ADMIN' as const }, email: { not: 'ivy@clinic.example' }, disabledAt: null };
  const ids = (await database.user.findMany({ where: others })).map(({ id }) => id);
  await database.user.updateMany({ where: { id: { in: ids } }, data: { disabledAt: new Date() } });
  try {
    expect(problemOf(await new RedirectBrowser().signIn(signInUrl, 'ivy'))).toBe('LAST_ADMINISTRATOR');
    expect(await viewerOf(before)).toBeNull();
  } finally {
    await database.user.updateMany({ where: { id: { in: ids } }, data: { disabledAt: null } });
  }
  expect(await viewerOf(await signedIn('ivy'))).toMatchObject({ roles: ['CLINICIAN'] });
});

test('signing out also ends the session at the provider', async () => {
  const browser = await signedIn('ann');
  const { data } = await apiOf(browser).graphql(SIGN_OUT);
  const address = new URL(data.signOutOfProvider);
  expect(address.origin).toBe(provider.issuer);
  expect(address.searchParams.get('post_logout_redirect_uri')).toBe(`${server.url}/`);
  expect(await viewerOf(browser)).toBeNull();

  let page = await browser.open(address.href);
  const xsrf = /name="xsrf" value="([^"]+)"/.exec(page.text)?.[1] ?? '';
  const action = /action="([^"]+)"/.exec(page.text)?.[1] ?? '';
  page = await browser.open(new URL(action, page.url).href, {
    method: 'POST',
    body: new URLSearchParams({ xsrf, logout: 'yes' }),
  });
  expect(page.url).toBe(`${server.url}/`);
  // The provider asks who it is again.
  expect((await browser.open(signInUrl)).text).toContain('name="prompt" value="login"');
});

test('a person with a password signs out here only', async () => {
  expect((await (await admin()).graphql(SIGN_OUT)).data.signOutOfProvider).toBeNull();
  expect((await createTestClient(server.url).graphql(SIGN_OUT)).data.signOutOfProvider).toBeNull();
});

test('when a session ends at the provider, the sessions that it began here end', async () => {
  const browser = await signedIn('ann');
  const other = await signedIn('ann');
  const page = await browser.open(`${provider.issuer}/session/end?client_id=cytograph`);
  const xsrf = /name="xsrf" value="([^"]+)"/.exec(page.text)?.[1] ?? '';
  await browser.open(`${provider.issuer}/session/end/confirm`, {
    method: 'POST',
    body: new URLSearchParams({ xsrf, logout: 'yes' }),
  });
  for (let i = 0; i < 2_000 && (await viewerOf(browser)); i++)
    await new Promise((resolve) => setTimeout(resolve, 50));
  expect(await viewerOf(browser)).toBeNull();
  expect(await viewerOf(other)).not.toBeNull(); // another session at the provider
});

const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout';
const now = () => Math.floor(Date.now() / 1000);
const logoutClaims = () => ({
  iss: provider.issuer,
  aud: 'cytograph',
  iat: now(),
  exp: now() + 60,
  jti: 'one',
  sub: 'ann',
  events: { [LOGOUT_EVENT]: {} },
});

async function sendLogout(token: string): Promise<{ status: number; text: string }> {
  const body = new URLSearchParams({ logout_token: token });
  const response = await fetch(`${server.url}/oidc/back-channel-logout`, { method: 'POST', body });
  return { status: response.status, text: await response.text() };
}

test('a logout token without a session ends all sessions of the person with the provider', async () => {
  const browsers = [await signedIn('ann'), await signedIn('ann')];
  const bystander = await signedIn('gus');
  expect(await sendLogout(await provider.sign(logoutClaims(), { typ: 'logout+jwt' }))).toEqual({
    status: 200,
    text: '',
  });
  for (const browser of browsers) expect(await viewerOf(browser)).toBeNull();
  expect(await viewerOf(bystander)).not.toBeNull();
});

test.each<[string, object, string]>([
  ['for another client', { aud: 'another' }, 'logout+jwt'],
  ['of another issuer', { iss: 'http://localhost:1' }, 'logout+jwt'],
  ['that is old', { iat: now() - 3600 }, 'logout+jwt'],
  ['without the event', { events: {} }, 'logout+jwt'],
  ['with a nonce, as an ID token has', { nonce: 'x' }, 'logout+jwt'],
  ['that names nobody', { sub: undefined }, 'logout+jwt'],
  ['of another type', {}, 'at+jwt'],
])('a logout token %s ends no session', async (_what, change, typ) => {
  const browser = await signedIn('ann');
  const { status, text } = await sendLogout(await provider.sign({ ...logoutClaims(), ...change }, { typ }));
  expect({ status, text }).toEqual({
    status: 400,
    text: expect.stringMatching(/The logout token was refused/),
  });
  expect(await viewerOf(browser)).not.toBeNull();
});

test('a logout without a token is a bad request', async () => {
  const response = await fetch(`${server.url}/oidc/back-channel-logout`, {
    method: 'POST',
    body: new URLSearchParams(),
  });
  expect(response.status).toBe(400);
});
