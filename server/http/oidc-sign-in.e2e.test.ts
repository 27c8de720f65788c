import { createDatabase, type Database } from '../database/client.js';
import {
  CLIENT_ID,
  CLIENT_SECRET,
  RedirectBrowser,
  startTestProvider,
  type TestProvider,
} from '../features/accounts/oidc/testing.js';
import { startServer, type TestServer } from '../testing.js';
import { createTestClient } from './testing.js';
import { freePort } from './testing-nginx.js';

// Signing in with a real OpenID Connect provider (oidc-provider), through its own pages, over HTTP.

const GROUPS = {
  claim: 'groups',
  roles: { wards: ['CLINICIAN'], engineers: ['ML_ENGINEER'], heads: ['ADMIN'] },
};

let provider: TestProvider;
let server: TestServer;
let database: Database;
let signInUrl: string;

beforeAll(async () => {
  const port = await freePort();
  const publicUrl = `http://localhost:${port}`;
  provider = await startTestProvider({
    publicUrl,
    port: await freePort(),
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
  });
  server = await startServer({
    env: {
      PORT: String(port),
      PUBLIC_URL: publicUrl,
      OIDC_ISSUER: provider.issuer,
      OIDC_CLIENT_ID: CLIENT_ID,
      OIDC_CLIENT_SECRET: CLIENT_SECRET,
      OIDC_NAME: 'St. Mary’s',
      OIDC_GROUPS: JSON.stringify(GROUPS),
      OIDC_CONTACT: 'the service desk, extension 4711',
    },
  });
  database = createDatabase(server.databaseUrl, 2);
  signInUrl = `${server.url}/oidc/sign-in`;
});
afterAll(async () => {
  await database.$disconnect();
  await server.stop();
  await provider.stop();
});

async function viewerOf(browser: RedirectBrowser) {
  const client = createTestClient(server.url);
  client.headers.cookie = `cytograph_session=${browser.cookie(server.url, 'cytograph_session') ?? ''}`;
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
    '{ signInMethods { provider { name url contact } } }',
  );
  expect(data.signInMethods.provider).toEqual({
    name: 'St. Mary’s',
    url: signInUrl,
    contact: 'the service desk, extension 4711',
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
