import type { Viewer } from '../../api/context.js';
import { Role } from '../../api/permissions.js';
import { openTestServices, type TestServices } from '../../graphql/testing.js';
import { databaseTime } from '../../database/clock.js';
import { changePassword } from './change-password.js';
import { ensureAdmin } from './ensure-admin.js';
import { signIn } from './sign-in.js';
import { signOut } from './sign-out.js';
import { codeOf, PASSWORD, TestBrowser, userWithPassword } from './testing.js';

const OTHER = 'another horse altogether';
const HERE = '192.0.2.7';

let services: TestServices;
beforeAll(async () => {
  services = await openTestServices();
});
afterAll(() => services.close());

const createUser = () => userWithPassword(services);
const newBrowser = (ip?: string) => new TestBrowser(services, ip);

/** The viewer, if no code was requested. */
function begun(viewer: Viewer | null): Viewer {
  if (!viewer) throw new Error('A code is required.');
  return viewer;
}

async function signedIn(user: Viewer): Promise<TestBrowser> {
  const browser = newBrowser();
  await browser.signIn(user.email);
  return browser;
}

const auditOf = (entityId: string) =>
  services.database.auditEvent.findMany({
    where: { entityId },
    orderBy: { id: 'asc' },
    select: { action: true, outcome: true, actorId: true, ip: true },
  });

describe('signing in', () => {
  test('begins a session, whose secret is only in the cookie, and is audited', async () => {
    const user = await createUser();
    const browser = newBrowser();
    expect(await browser.signIn(`  ${user.email.toUpperCase()} `)).toEqual(user);
    expect(await browser.viewer()).toEqual({ ...user, sessionId: expect.stringMatching(/^sess_/) });

    const sessions = await services.database.session.findMany({ where: { userId: user.id } });
    expect(JSON.stringify(sessions)).not.toContain(browser.session);
    expect(await auditOf(user.id)).toEqual([
      { action: 'SIGNED_IN', outcome: 'success', actorId: user.id, ip: HERE },
    ]);
  });

  test('gives the same error for a wrong password, an unknown address and a disabled user', async () => {
    const user = await createUser();
    const disabled = await createUser();
    await services.database.user.update({ where: { id: disabled.id }, data: { disabledAt: new Date() } });
    const messages = await Promise.all(
      [
        [user.email, OTHER],
        ['nobody@example.org', PASSWORD],
        [disabled.email, PASSWORD],
      ].map(([email = '', password]) => newBrowser().signIn(email, password).catch(String)),
    );
    expect(messages[0]).toMatch(/The e-mail address or the password is wrong/);
    expect(new Set(messages).size).toBe(1);
    expect(await auditOf(user.id)).toEqual([
      { action: 'SIGNED_IN', outcome: 'failure', actorId: null, ip: HERE },
    ]);
  });

  test.each(['no\0body@example.org', 'no\ud800body@example.org'])(
    'says the same of an address that Postgres cannot look for',
    async (email) => {
      expect(await codeOf(newBrowser().signIn(email))).toBe('INVALID');
    },
  );

  test('accepts no password from an address after five failures, but accepts it from another address', async () => {
    const user = await createUser();
    const guesses = Array.from({ length: 5 }, () => codeOf(newBrowser().signIn(user.email, OTHER)));
    expect(await Promise.all(guesses)).toEqual(Array(5).fill('INVALID'));
    expect(await codeOf(newBrowser().signIn(user.email))).toBe('FORBIDDEN');
    expect(await codeOf(newBrowser('192.0.2.8').signIn(user.email))).toBe('done');
  });

  test('limits guessing in the same way for an unknown user', async () => {
    const guess = () => codeOf(newBrowser().signIn('no-such@example.org', OTHER));
    for (let attempt = 0; attempt < 5; attempt++) expect(await guess()).toBe('INVALID');
    expect(await guess()).toBe('FORBIDDEN');
  });

  test('limits guesses that are sent at once', async () => {
    const user = await createUser();
    const guesses = Array.from({ length: 40 }, () => codeOf(newBrowser().signIn(user.email, OTHER)));
    await Promise.all(guesses);
    expect(await codeOf(newBrowser().signIn(user.email))).toBe('FORBIDDEN');
  });

  test('forgets failures before a success', async () => {
    const user = await createUser();
    for (let round = 0; round < 2; round++) {
      for (let attempt = 0; attempt < 4; attempt++) await codeOf(newBrowser().signIn(user.email, OTHER));
      expect(await codeOf(newBrowser().signIn(user.email))).toBe('done');
    }
  });
});

describe('a session', () => {
  test('ends when it expires, and when its user is disabled', async () => {
    const user = await createUser();
    const [one, other] = [await signedIn(user), await signedIn(user)];
    await services.database.session.updateMany({
      where: { userId: user.id },
      data: { expiresAt: new Date() },
    });
    expect(await one.viewer()).toBeNull();

    const third = await signedIn(user);
    expect(await services.database.session.count({ where: { userId: user.id } })).toBe(1); // expired sessions are deleted
    await services.database.user.update({ where: { id: user.id }, data: { disabledAt: new Date() } });
    expect(await third.viewer()).toBeNull();
    expect(await other.viewer()).toBeNull();
  });

  test('ends by signing out, once', async () => {
    const browser = await signedIn(await createUser());
    const context = await browser.context();
    expect(await signOut(context)).toBe(true);
    expect(browser.session).toBeNull();
    expect(await signOut(context)).toBe(false);
    expect(await services.credentials.viewerOfSession(context.sessionSecret ?? '')).toBeNull();
  });
});

describe('changing the password', () => {
  test('accepts only the new password afterwards, and ends all other sessions', async () => {
    const user = await createUser();
    const [here, elsewhere] = [await signedIn(user), await signedIn(user)];
    await changePassword(await here.context(), PASSWORD, OTHER);
    expect(await here.viewer()).toMatchObject({ id: user.id });
    expect(await elsewhere.viewer()).toBeNull();
    expect(await codeOf(elsewhere.signIn(user.email, PASSWORD))).toBe('INVALID');
    expect(await codeOf(elsewhere.signIn(user.email, OTHER))).toBe('done');
  });

  test.each([
    ['not the current one', OTHER, 'a third password'],
    ['eleven-char', PASSWORD, 'eleven-char'],
    [PASSWORD, PASSWORD, PASSWORD],
  ])('refuses %p', async (_what, current, next) => {
    const user = await createUser();
    const browser = await signedIn(user);
    expect(await codeOf(changePassword(await browser.context(), current, next))).toBe('INVALID');
    expect(await codeOf(browser.signIn(user.email))).toBe('done');
  });

  test('limits guessing the current password', async () => {
    const browser = await signedIn(await createUser());
    const guess = async () => codeOf(changePassword(await browser.context(), 'a guess at random', OTHER));
    for (let attempt = 0; attempt < 5; attempt++) expect(await guess()).toBe('INVALID');
    expect(await guess()).toBe('FORBIDDEN');
    expect(await codeOf(changePassword(await browser.context(), PASSWORD, OTHER))).toBe('FORBIDDEN');
  });
});

describe('API tokens', () => {
  const create = `mutation ($input: CreateApiTokenInput!) {
    createApiToken(input: $input) { token { id name expiresAt lastUsedAt } secret userErrors { code field } }
  }`;
  const revoke = 'mutation ($id: ID!) { revokeApiToken(id: $id) }';

  test('act for their owner until they are revoked', async () => {
    const user = await createUser();
    const { data } = await services.execute(create, { input: { name: ' lab robot ' } }, user);
    const { token, secret, userErrors } = data.createApiToken;
    expect(userErrors).toEqual([]);
    expect(token.name).toBe('lab robot');
    const now = await databaseTime(services.database);
    expect((Date.parse(token.expiresAt) - now.getTime()) / 86_400_000).toBeCloseTo(90, 1);
    expect(await services.credentials.viewerOfApiToken(secret, HERE)).toMatchObject({
      id: user.id,
      token: { id: token.id },
    });
    expect(await services.credentials.viewerOfApiToken(`${secret}x`, HERE)).toBeNull();

    const node = 'query ($id: ID!) { node(id: $id) { ... on ApiToken { id lastUsedAt } } }';
    const used = await services.execute(node, { id: token.id }, user);
    expect(used.data.node.lastUsedAt).not.toBeNull();
    const stored = await services.database.apiToken.findMany({ where: { userId: user.id } });
    expect(JSON.stringify(stored)).not.toContain(secret);

    const stranger = await services.createViewer(Role.CLINICIAN);
    expect((await services.execute(node, { id: token.id }, stranger)).data).toEqual({ node: null });
    expect((await services.execute(revoke, { id: token.id }, stranger)).data).toEqual({
      revokeApiToken: false,
    });
    expect((await services.execute(revoke, { id: token.id }, user)).data).toEqual({ revokeApiToken: true });
    expect((await services.execute(revoke, { id: token.id }, user)).data).toEqual({ revokeApiToken: false });
    expect(await services.credentials.viewerOfApiToken(secret, HERE)).toBeNull();
    expect((await auditOf(token.id)).map(({ action }) => action)).toEqual([
      'API_TOKEN_CREATED',
      'API_TOKEN_REVOKED',
    ]);
  });

  test('expire, and end with their owner', async () => {
    const user = await createUser();
    const expiresAt = new Date(Date.now() + 60_000);
    const { data } = await services.execute(create, { input: { name: 'short', expiresAt } }, user);
    const { token, secret } = data.createApiToken;
    expect(await services.credentials.viewerOfApiToken(secret, HERE)).toMatchObject({
      id: user.id,
      token: { id: token.id },
    });
    await services.database.apiToken.update({ where: { id: token.id }, data: { expiresAt: new Date() } });
    expect(await services.credentials.viewerOfApiToken(secret, HERE)).toBeNull();

    const other = await services.execute(create, { input: { name: 'long' } }, user);
    await services.database.user.update({ where: { id: user.id }, data: { disabledAt: new Date() } });
    expect(await services.credentials.viewerOfApiToken(other.data.createApiToken.secret, HERE)).toBeNull();
  });

  test.each([
    [{ name: '  ' }, ['input', 'name']],
    [{ name: 'x'.repeat(101) }, ['input', 'name']],
    [{ name: 'lab\0robot' }, ['input', 'name']],
    [{ name: 'late', expiresAt: '2020-01-01T00:00:00Z' }, ['input', 'expiresAt']],
  ])('are not created from %j', async (input, field) => {
    const { data } = await services.execute(create, { input }, await createUser());
    expect(data.createApiToken).toEqual({
      token: null,
      secret: null,
      userErrors: [{ code: 'INVALID', field }],
    });
  });

  test('are not found with the id of no token', async () => {
    const user = await createUser();
    const id = `tok_${'0'.repeat(32)}`;
    expect(await services.execute(revoke, { id }, user)).toEqual({
      data: { revokeApiToken: false },
      errors: [],
    });
    const node = 'query ($id: ID!) { node(id: $id) { id } }';
    expect(await services.execute(node, { id }, user)).toEqual({ data: { node: null }, errors: [] });
    const invalid = await services.execute(node, { id: 'tok_1' }, user);
    expect(invalid).toMatchObject({ data: { node: null }, errors: [{ code: 'BAD_USER_INPUT' }] });
  });

  test('reject an id with a NUL', async () => {
    const errors = [{ code: 'BAD_USER_INPUT', message: expect.stringContaining("'id' contains a NUL") }];
    expect(await services.execute(revoke, { id: 'tok_\0' }, await createUser())).toEqual({
      data: null,
      errors,
    });
  });
});

test('users see themselves; only viewers who may read users see others', async () => {
  const node = 'query ($id: ID!) { node(id: $id) { ... on User { email } } }';
  const clinician = await services.createViewer(Role.CLINICIAN);
  const auditor = await services.createViewer(Role.AUDITOR);
  const seen = async (viewer: Viewer | null, id: string) =>
    (await services.execute(node, { id }, viewer)).data.node;
  expect(await seen(clinician, clinician.id)).toEqual({ email: clinician.email });
  expect(await seen(auditor, clinician.id)).toEqual({ email: clinician.email });
  expect(await seen(clinician, auditor.id)).toBeNull();
  expect(await seen(null, clinician.id)).toBeNull();
  expect(await seen(auditor, 'user_\0')).toBeNull();

  const newcomer = { ...auditor, passwordIsOneTime: true };
  expect(await seen(newcomer, auditor.id)).toEqual({ email: auditor.email });
  expect(await seen(newcomer, clinician.id)).toBeNull();
});

describe('the first administrator', () => {
  let empty: TestServices;
  beforeEach(async () => {
    empty = await openTestServices();
  });
  afterEach(() => empty.close());
  const email = 'head@clinic.example';
  const attempt = (password: string) => codeOf(signIn(empty.contextOf(), email, password));

  test('gets the password of the settings, and keeps their own after changing it', async () => {
    const { oneTimePassword } = await ensureAdmin(empty.database, { email, password: PASSWORD, only: null });
    expect(oneTimePassword).toBeNull();
    const viewer = begun(await signIn(empty.contextOf(), email, PASSWORD));
    expect(viewer).toMatchObject({ roles: ['ADMIN'], passwordIsOneTime: false });
    await changePassword(empty.contextOf(viewer), PASSWORD, OTHER);
    await ensureAdmin(empty.database, { email, password: PASSWORD, only: null });
    expect(await attempt(OTHER)).toBe('done');
    expect(await attempt(PASSWORD)).toBe('INVALID');
  });

  test('gets a new one-time password at each start until they have chosen their own', async () => {
    const first = await ensureAdmin(empty.database, { email, password: null, only: null });
    const second = await ensureAdmin(empty.database, { email, password: null, only: null });
    expect(second.id).toBe(first.id);
    expect(await attempt(first.oneTimePassword ?? '')).toBe('INVALID');

    const password = second.oneTimePassword ?? '';
    const viewer = begun(await signIn(empty.contextOf(), email, password));
    expect(viewer.passwordIsOneTime).toBe(true);
    const refused = await empty.execute('{ models { id } }', {}, viewer);
    expect(refused.errors).toMatchObject([
      { code: 'FORBIDDEN', message: expect.stringMatching(/Choose a password/) },
    ]);

    const changed = await changePassword(empty.contextOf(viewer), password, OTHER);
    expect((await empty.execute('{ models { id } }', {}, changed)).errors).toEqual([]);
    const third = await ensureAdmin(empty.database, { email, password: null, only: null });
    expect(third.oneTimePassword).toBeNull();
    expect(await attempt(OTHER)).toBe('done');
  });

  test('is created once, however many servers start at once', async () => {
    const starts = Array.from({ length: 5 }, () =>
      ensureAdmin(empty.database, { email, password: PASSWORD, only: null }),
    );
    const admins = await Promise.all(starts);
    expect(new Set(admins.map(({ id }) => id)).size).toBe(1);
    expect(await empty.database.user.count()).toBe(1);
  });
});
