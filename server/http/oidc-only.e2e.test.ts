import { createTestClient } from './testing.js';
import { loadConfig } from '../config.js';
import { createApiToken } from '../features/accounts/create-api-token.js';
import { createCredentials } from '../features/accounts/credentials.js';
import { hashPassword } from '../features/accounts/passwords.js';
import {
  RedirectBrowser,
  type ServerWithProvider,
  startWithProvider,
} from '../features/accounts/oidc/testing.js';

// A server whose built-in accounts are switched off, except the emergency account.

const PASSWORD = 'a smear dries in the sun';

let running: ServerWithProvider;
beforeAll(async () => {
  running = await startWithProvider({
    people: { ann: { name: 'Ann Ames', email: 'ann@clinic.example', groups: ['heads'] } },
    groups: { roles: { heads: ['ADMIN'] } },
    env: { BUILT_IN_ACCOUNTS: 'false', OIDC_NAME: 'St. Mary’s' },
  });
});
afterAll(() => running.stop());

async function signIn(email: string, password: string) {
  const client = createTestClient(running.server.url);
  const { data } = await client.graphql(
    `mutation ($email: String!, $password: String!) { signIn(email: $email, password: $password) { viewer { id } userErrors { message } } }`,
    { email, password },
  );
  return { client, viewer: data.signIn.viewer, message: data.signIn.userErrors[0]?.message };
}

const actionsOf = async (entityId: string) =>
  (await running.database.auditEvent.findMany({ where: { entityId }, orderBy: { id: 'asc' } })).map(
    ({ action, outcome, detail }) => [action, outcome, detail],
  );

/** An account from before the built-in accounts were switched off. */
async function addUser(id: string, email: string) {
  const passwordHash = await hashPassword(PASSWORD);
  return running.database.user.create({
    data: { id, email, displayName: id, passwordHash, roles: ['ADMIN'] },
  });
}

test('nobody but the emergency account signs in with a password, and the answers reveal nothing', async () => {
  const user = await addUser(`user_${'a'.repeat(32)}`, 'old@example.org');
  const right = await signIn(user.email, PASSWORD);
  const wrong = await signIn(user.email, 'not the password');
  const unknown = await signIn('nobody@example.org', PASSWORD);
  const emergency = await signIn(running.server.admin.email, 'not the password');
  expect(right).toMatchObject({ viewer: null, message: expect.stringMatching(/sign in with St\. Mary’s/) });
  for (const { viewer, message } of [wrong, unknown, emergency]) {
    expect({ viewer, message }).toEqual({ viewer: null, message: right.message });
  }
  expect((await actionsOf(user.id))[0]).toEqual([
    'SIGNED_IN',
    'failure',
    'accounts with a password are switched off',
  ]);
});

test('the use of the emergency account is in the audit trail', async () => {
  const { viewer, client } = await signIn(running.server.admin.email, running.server.admin.password);
  expect((await client.graphql('{ viewer { id } }')).data.viewer.id).toBe(viewer.id);
  const actions = (await actionsOf(viewer.id)).filter(([, outcome]) => outcome === 'success');
  expect(actions.slice(-2)).toEqual([
    ['SIGNED_IN', 'success', null],
    ['EMERGENCY_ACCOUNT_USED', 'success', null],
  ]);
});

test('sessions and API tokens of accounts with a password no longer work', async () => {
  const { database, server } = running;
  const user = await addUser(`user_${'b'.repeat(32)}`, 'older@example.org');
  // As they were created while built-in accounts were on.
  const { beginSession } = await import('../features/accounts/sessions.js');
  const before = { ...loadConfig({}), database };
  const context = {
    ...{ config: before, database, ip: null, userAgent: null, requestId: 'test' },
    viewer: { ...user, token: null, sessionId: null },
  } as any;
  const session = await database.$transaction((tx) => beginSession(tx, context, user.id));
  const { secret } = await createApiToken(context, { name: 'robot' });
  const on = createCredentials(database, before, null);
  expect((await on.viewerOfSession(session))?.id).toBe(user.id);
  expect((await on.viewerOfApiToken(secret, null))?.id).toBe(user.id);

  const bySession = createTestClient(server.url);
  bySession.headers.cookie = `cytograph_session=${session}`;
  expect((await bySession.graphql('{ viewer { id } }')).data.viewer).toBeNull();
  const byToken = createTestClient(server.url);
  byToken.headers.authorization = `Bearer ${secret}`;
  expect((await byToken.graphql('{ viewer { id } }')).errors).toMatchObject([
    { extensions: { code: 'UNAUTHENTICATED' } },
  ]);
});

test('people of the provider sign in and create API tokens, but add no account with a password', async () => {
  const browser = new RedirectBrowser();
  await browser.signIn(running.signInUrl, 'ann');
  const ann = createTestClient(running.server.url);
  ann.headers.cookie = `cytograph_session=${browser.cookie(running.server.url, 'cytograph_session') ?? ''}`;
  const created = await ann.graphql('mutation { createApiToken(input: { name: "robot" }) { secret } }');
  const robot = createTestClient(running.server.url);
  robot.headers.authorization = `Bearer ${created.data.createApiToken.secret}`;
  expect((await robot.graphql('{ viewer { email } }')).data.viewer.email).toBe('ann@clinic.example');

  const create = `mutation { createUser(input: { email: "new@example.org", displayName: "New", roles: [ADMIN] }) { userErrors { code message } } }`;
  expect((await ann.graphql(create)).data.createUser.userErrors).toMatchObject([
    { code: 'CONFLICT', message: expect.stringMatching(/switched off.*access at St\. Mary’s/) },
  ]);
  expect(await running.database.user.count({ where: { email: 'new@example.org' } })).toBe(0);
  const old = await addUser(`user_${'c'.repeat(32)}`, 'oldest@example.org');
  const reset = `mutation ($id: ID!) { resetPassword(id: $id) { oneTimePassword userErrors { code } } }`;
  expect((await ann.graphql(reset, { id: old.id })).data.resetPassword).toEqual({
    oneTimePassword: null,
    userErrors: [{ code: 'CONFLICT' }],
  });
});

test('the emergency account cannot be linked to the provider', async () => {
  const { provider, server, database, signInUrl } = running;
  provider.people.mallory = { name: 'Mallory', email: server.admin.email, groups: ['heads'] };
  const page = await new RedirectBrowser().signIn(signInUrl, 'mallory');
  expect(new URL(page.url).searchParams.get('sign-in-problem')).toBe('EMAIL_TAKEN');
  const { client } = await signIn(server.admin.email, server.admin.password);
  const identity = await database.userIdentity.findFirstOrThrow({ where: { subject: 'mallory' } });
  const link = `mutation ($id: ID!) { linkIdentity(id: $id) { user { id } userErrors { code message } } }`;
  expect((await client.graphql(link, { id: identity.id })).data.linkIdentity).toMatchObject({
    user: null,
    userErrors: [
      { code: 'CONFLICT', message: expect.stringMatching(/emergency account needs its password/) },
    ],
  });
});
