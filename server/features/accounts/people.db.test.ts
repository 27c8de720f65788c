import type { Viewer } from '../../api/context.js';
import { Role } from '../../api/permissions.js';
import { openTestServices, type TestServices } from '../../graphql/testing.js';
import { PASSWORD, TestBrowser, userWithPassword } from './testing.js';

let services: TestServices;
let admin: TestBrowser;
beforeAll(async () => {
  services = await openTestServices();
  admin = await signedIn(await userWithPassword(services, Role.ADMIN));
});
afterAll(() => services.close());

async function signedIn(user: Viewer, on = services): Promise<TestBrowser> {
  const browser = new TestBrowser(on);
  await browser.signIn(user.email);
  return browser;
}

const auditOf = async (entityId: string) =>
  (await services.database.auditEvent.findMany({ where: { entityId }, orderBy: { id: 'asc' } })).map(
    ({ action, outcome }) => (outcome === 'success' ? action : `${action} ${outcome}`),
  );

const CREATE_USER = `mutation ($input: CreateUserInput!) {
  createUser(input: $input) {
    user { id email displayName roles passwordIsOneTime lastSignedInAt hasSecondFactor }
    oneTimePassword userErrors { code field }
  }
}`;
const SET_ROLES = `mutation ($input: SetUserRolesInput!) {
  setUserRoles(input: $input) { user { roles } userErrors { code field message } }
}`;
const onUser = (mutation: string) =>
  `mutation ($id: ID!) { ${mutation}(id: $id) { user { id disabledAt passwordIsOneTime } oneTimePassword userErrors { code field message } } }`;
const CREATE_TOKEN = `mutation ($input: CreateApiTokenInput!) {
  createApiToken(input: $input) { token { id scopes owner { id } } secret userErrors { code field } }
}`;
const CHANGE_PASSWORD = `mutation ($current: String!, $new: String!, $keep: Boolean) {
  changePassword(currentPassword: $current, newPassword: $new, keepApiTokens: $keep) { viewer { id } userErrors { code } }
}`;
const TOKENS = '{ apiTokens { id name scopes expiresAt lastUsedAt lastUsedIp } }';

async function newToken(browser: TestBrowser, scopes?: string[]): Promise<{ id: string; secret: string }> {
  const { data } = await browser.execute(CREATE_TOKEN, { input: { name: 'robot', scopes } });
  expect(data.createApiToken.userErrors).toEqual([]);
  return { id: data.createApiToken.token.id, secret: data.createApiToken.secret };
}

const viewerOfToken = (secret: string) => services.credentials.viewerOfApiToken(secret, '198.51.100.3');

describe('adding a person', () => {
  const input = () => ({
    email: ` Ann.${Math.random()}@Clinic.example `,
    displayName: ' Ann Lee ',
    roles: ['CLINICIAN', 'CLINICIAN'],
  });

  test('gives them a one-time password, with which they sign in and choose their own', async () => {
    const given = input();
    const { data } = await admin.execute(CREATE_USER, { input: given });
    const { user, oneTimePassword, userErrors } = data.createUser;
    expect(userErrors).toEqual([]);
    expect(user).toEqual({
      id: user.id,
      email: given.email.trim().toLowerCase(),
      displayName: 'Ann Lee',
      roles: ['CLINICIAN'],
      passwordIsOneTime: true,
      lastSignedInAt: null,
      hasSecondFactor: false,
    });
    const stored = await services.database.user.findUniqueOrThrow({ where: { id: user.id } });
    expect(JSON.stringify(stored)).not.toContain(oneTimePassword);

    const ann = new TestBrowser(services);
    await ann.signIn(user.email, oneTimePassword);
    expect((await ann.execute('{ models { id } }')).errors).toMatchObject([{ code: 'FORBIDDEN' }]);
    await ann.execute(CHANGE_PASSWORD, { current: oneTimePassword, new: PASSWORD });
    expect((await ann.execute('{ models { id } }')).errors).toEqual([]);

    const users = (await admin.execute('{ users { id lastSignedInAt } }')).data.users;
    expect(Date.parse(users.find(({ id }: { id: string }) => id === user.id).lastSignedInAt)).not.toBeNaN();
    expect(await auditOf(user.id)).toEqual(['USER_CREATED', 'SIGNED_IN', 'PASSWORD_CHANGED']);
  });

  test.each([
    [{ email: 'ann' }, ['input', 'email']],
    [{ email: `${'a'.repeat(300)}@b.example` }, ['input', 'email']],
    [{ displayName: ' ' }, ['input', 'displayName']],
    [{ displayName: 'Ann\nLee' }, ['input', 'displayName']],
    [{ displayName: 'x'.repeat(101) }, ['input', 'displayName']],
    [{ roles: [] }, ['input', 'roles']],
  ])('refuses %j', async (part, field) => {
    const { data } = await admin.execute(CREATE_USER, { input: { ...input(), ...part } });
    expect(data.createUser).toEqual({
      user: null,
      oneTimePassword: null,
      userErrors: [{ code: 'INVALID', field }],
    });
  });

  test('refuses an e-mail address that a user has, also of two requests at once', async () => {
    const given = input();
    const answers = await Promise.all([
      admin.execute(CREATE_USER, { input: given }),
      admin.execute(CREATE_USER, { input: { ...given, email: given.email.toUpperCase() } }),
    ]);
    const codes = answers.map(({ data }) => data.createUser.userErrors.at(0)?.code ?? 'done');
    expect(codes.sort()).toEqual(['CONFLICT', 'done']);
  });

  test.each([Role.CLINICIAN, Role.ML_ENGINEER, Role.AUDITOR])('is not for %s', async (role) => {
    const other = await services.createViewer(role);
    for (const [document, variables] of [
      [CREATE_USER, { input: input() }],
      [SET_ROLES, { input: { userId: other.id, roles: ['ADMIN'] } }],
      [onUser('disableUser'), { id: other.id }],
      [onUser('enableUser'), { id: other.id }],
      [onUser('resetPassword'), { id: other.id }],
      [onUser('resetSecondFactor'), { id: other.id }],
    ] as const) {
      const { data, errors } = await services.execute(document, variables, other);
      expect({ data, errors }).toEqual({
        data: null,
        errors: [expect.objectContaining({ code: 'FORBIDDEN' })],
      });
    }
  });
});

describe('changing a person', () => {
  test('new roles apply at once, to the session that they have too', async () => {
    const ann = await signedIn(await userWithPassword(services, Role.CLINICIAN));
    const id = (await ann.viewer())?.id ?? '';
    expect((await ann.execute('{ users { id } }')).errors).toMatchObject([{ code: 'FORBIDDEN' }]);
    const { data } = await admin.execute(SET_ROLES, { input: { userId: id, roles: ['AUDITOR'] } });
    expect(data.setUserRoles.user.roles).toEqual(['AUDITOR']);
    expect((await ann.execute('{ users { id } }')).errors).toEqual([]);
    expect(await auditOf(id)).toContain('USER_ROLES_SET');
  });

  test('a disabled person has no session and no token, and cannot sign in; enabling gives the password back alone', async () => {
    const user = await userWithPassword(services);
    const ann = await signedIn(user);
    const { secret } = await newToken(ann);
    const { data } = await admin.execute(onUser('disableUser'), { id: user.id });
    expect(data.disableUser.user.disabledAt).not.toBeNull();
    expect(await ann.viewer()).toBeNull();
    expect(await viewerOfToken(secret)).toBeNull();
    await expect(ann.signIn(user.email)).rejects.toThrow('The e-mail address or the password is wrong');

    await admin.execute(onUser('enableUser'), { id: user.id });
    expect(await ann.viewer()).toBeNull();
    expect(await viewerOfToken(secret)).toBeNull();
    expect(await ann.signIn(user.email)).toMatchObject({ id: user.id });
    const failure = await services.database.auditEvent.findFirst({
      where: { entityId: user.id, outcome: 'failure' },
    });
    expect(failure?.detail).toBe('disabled account');
    expect(await auditOf(user.id)).toEqual([
      'SIGNED_IN',
      'USER_DISABLED',
      'SIGNED_IN failure',
      'USER_ENABLED',
      'SIGNED_IN',
    ]);
  });

  test('a reset password is a one-time password, and ends sessions and tokens', async () => {
    const user = await userWithPassword(services);
    const ann = await signedIn(user);
    const { secret } = await newToken(ann);
    const { data } = await admin.execute(onUser('resetPassword'), { id: user.id });
    expect(data.resetPassword.user.passwordIsOneTime).toBe(true);
    expect(await ann.viewer()).toBeNull();
    expect(await viewerOfToken(secret)).toBeNull();
    await expect(ann.signIn(user.email)).rejects.toThrow('The e-mail address or the password is wrong');
    expect(await ann.signIn(user.email, data.resetPassword.oneTimePassword)).toMatchObject({
      passwordIsOneTime: true,
    });
    expect(await auditOf(user.id)).toContain('PASSWORD_RESET');
  });

  test('nobody resets their own password or second factor this way', async () => {
    const id = (await admin.viewer())?.id;
    for (const mutation of ['resetPassword', 'resetSecondFactor']) {
      const { data } = await admin.execute(onUser(mutation), { id });
      expect(data[mutation].userErrors).toMatchObject([{ code: 'CONFLICT', field: ['id'] }]);
    }
  });

  test.each(['disableUser', 'enableUser', 'resetPassword', 'resetSecondFactor'])(
    '%s says where there is no such user',
    async (mutation) => {
      const codeFor = async (id: string) => {
        const { data } = await admin.execute(onUser(mutation), { id });
        return data[mutation].userErrors;
      };
      expect(await codeFor(`user_${'0'.repeat(32)}`)).toMatchObject([{ code: 'NOT_FOUND', field: ['id'] }]);
      expect(await codeFor('user_1')).toMatchObject([{ code: 'INVALID', field: ['id'] }]);
    },
  );
});

describe('the last administrator', () => {
  let empty: TestServices;
  let one: TestBrowser;
  let oneId: string;
  beforeAll(async () => {
    empty = await openTestServices();
    const user = await userWithPassword(empty, Role.ADMIN, Role.CLINICIAN);
    oneId = user.id;
    one = await signedIn(user, empty);
  });
  afterAll(() => empty.close());
  const demote = (by: TestBrowser, userId: string) =>
    by.execute(SET_ROLES, { input: { userId, roles: ['CLINICIAN'] } });

  test('can be neither disabled nor given other roles', async () => {
    const disabled = await empty.createViewer(Role.ADMIN);
    await one.execute(onUser('disableUser'), { id: disabled.id }); // who counts no more
    const { data } = await one.execute(onUser('disableUser'), { id: oneId });
    expect(data.disableUser.userErrors).toMatchObject([
      { code: 'CONFLICT', message: expect.stringContaining('The only administrator cannot be disabled') },
    ]);
    expect((await demote(one, oneId)).data.setUserRoles.userErrors).toMatchObject([{ code: 'CONFLICT' }]);
    expect((await one.execute('{ users { id } }')).errors).toEqual([]);
  });

  test('remains, even if two administrators change each other at the same time', async () => {
    const other = await userWithPassword(empty, Role.ADMIN);
    const another = await signedIn(other, empty);
    for (let round = 0; round < 6; round++) {
      const answers = await Promise.all(
        round % 2 === 0
          ? [demote(one, other.id), demote(another, oneId)]
          : [
              one.execute(onUser('disableUser'), { id: other.id }),
              another.execute(onUser('disableUser'), { id: oneId }),
            ],
      );
      expect(answers.flatMap(({ errors }) => errors)).toEqual([]);
      const refused = answers.filter(
        ({ data }) => (data.setUserRoles ?? data.disableUser).userErrors.length > 0,
      );
      expect(refused).toHaveLength(1);
      const left = await empty.database.user.count({ where: { roles: { has: 'ADMIN' }, disabledAt: null } });
      expect(left).toBe(1);
      await empty.database.user.updateMany({
        where: { id: { in: [oneId, other.id] } },
        data: { roles: ['ADMIN'], disabledAt: null },
      });
      await Promise.all([one.signIn((await userOfId(oneId)).email), another.signIn(other.email)]);
    }
  });

  const userOfId = (id: string) => empty.database.user.findUniqueOrThrow({ where: { id } });
});

describe('sessions', () => {
  const SESSIONS =
    'query ($userId: ID) { sessions(userId: $userId) { id createdAt expiresAt lastUsedAt ip lastUsedIp userAgent isCurrent } }';
  const END = 'mutation ($id: ID!) { endSession(id: $id) }';
  const EVERYWHERE = 'mutation ($userId: ID) { signOutEverywhere(userId: $userId) }';

  test('are listed with when, from where and which is this one, and end one by one', async () => {
    const user = await userWithPassword(services);
    const here = await signedIn(user);
    const there = new TestBrowser(services, '198.51.100.9');
    await there.signIn(user.email);
    const { sessions } = (await here.execute(SESSIONS)).data;
    expect(sessions).toHaveLength(2);
    const other = sessions.find((session: { isCurrent: boolean }) => !session.isCurrent);
    expect(other).toMatchObject({ ip: '198.51.100.9', lastUsedIp: '198.51.100.9', userAgent: 'Firefox' });
    expect(Date.parse(other.expiresAt) - Date.parse(other.createdAt)).toBeCloseTo(12 * 3_600_000, -4);

    const stranger = await signedIn(await userWithPassword(services, Role.CLINICIAN));
    expect((await stranger.execute(END, { id: other.id })).data).toEqual({ endSession: false });
    expect((await stranger.execute(SESSIONS, { userId: user.id })).errors).toMatchObject([
      { code: 'FORBIDDEN' },
    ]);
    expect((await here.execute(END, { id: other.id })).data).toEqual({ endSession: true });
    expect((await here.execute(END, { id: other.id })).data).toEqual({ endSession: false });
    expect(await there.viewer()).toBeNull();
    expect(await here.viewer()).not.toBeNull();
    expect(await auditOf(user.id)).toContain('SESSION_ENDED');
  });

  test('end everywhere, by their user or by an administrator', async () => {
    const user = await userWithPassword(services);
    const [here, there] = [await signedIn(user), await signedIn(user)];
    expect((await here.execute(EVERYWHERE)).data).toEqual({ signOutEverywhere: 2 });
    expect([here.session, await there.viewer()]).toEqual([null, null]);

    const again = await signedIn(user);
    expect((await admin.execute(SESSIONS, { userId: user.id })).data.sessions).toMatchObject([
      { isCurrent: false },
    ]);
    expect((await admin.execute(EVERYWHERE, { userId: user.id })).data).toEqual({ signOutEverywhere: 1 });
    expect(await again.viewer()).toBeNull();
    expect(await admin.viewer()).not.toBeNull();
    expect(await auditOf(user.id)).toContain('ALL_SESSIONS_ENDED');
  });

  test('end after an hour without use, and twelve hours after they began however they are used', async () => {
    const user = await userWithPassword(services);
    const browser = await signedIn(user);
    const shift = (column: string, minutes: number) =>
      services.database.$executeRawUnsafe(
        `UPDATE "Session" SET "${column}" = now() - ${minutes} * interval '1 minute' WHERE "userId" = '${user.id}'`,
      );
    await shift('lastUsedAt', 58);
    expect(await browser.viewer()).not.toBeNull();
    const { lastUsedAt } = await services.database.session.findFirstOrThrow({ where: { userId: user.id } });
    expect(Date.now() - lastUsedAt.getTime()).toBeLessThan(30 * 60_000); // this use was recorded
    await shift('lastUsedAt', 61);
    expect(await browser.viewer()).toBeNull();
    await shift('lastUsedAt', 0);
    await shift('createdAt', 12 * 60 - 5);
    expect(await browser.viewer()).not.toBeNull();
    await shift('createdAt', 12 * 60 + 1);
    expect(await browser.viewer()).toBeNull();
  });
});

describe('tokens', () => {
  test('do what their scopes say, and never more than the roles of their owner', async () => {
    const user = await userWithPassword(services, Role.CLINICIAN, Role.ADMIN);
    const ann = await signedIn(user);
    const classify = await viewerOfToken((await newToken(ann, ['CLASSIFY'])).secret);
    const codes = async (viewer: Viewer | null, document: string) =>
      (await services.execute(document, {}, viewer)).errors.map(({ code }) => code);
    expect(await codes(classify, '{ models { id } }')).toEqual([]);
    expect(await codes(classify, '{ predictions { totalCount } }')).toEqual(['FORBIDDEN']);
    expect(await codes(classify, '{ users { id } }')).toEqual(['FORBIDDEN']);

    const { secret } = await newToken(ann, ['ADMINISTER', 'READ_HISTORY']);
    expect(await codes(await viewerOfToken(secret), '{ users { id } }')).toEqual([]);
    expect(await codes(await viewerOfToken(secret), '{ predictions { totalCount } }')).toEqual([]);
    await admin.execute(SET_ROLES, { input: { userId: user.id, roles: ['CLINICIAN'] } });
    expect(await codes(await viewerOfToken(secret), '{ users { id } }')).toEqual(['FORBIDDEN']);
  });

  test('cannot create tokens, change or give out passwords, or change the account, with any scopes', async () => {
    const user = await userWithPassword(services);
    const ann = await signedIn(user);
    const scopes = ['READ_HISTORY', 'CLASSIFY', 'REVIEW', 'INGEST', 'TRAIN', 'PROMOTE', 'ADMINISTER'];
    const viewer = await viewerOfToken((await newToken(ann, scopes)).secret);
    const colleague = await services.createViewer(Role.CLINICIAN);
    for (const [document, variables] of [
      [CREATE_TOKEN, { input: { name: 'another' } }],
      [CHANGE_PASSWORD, { current: PASSWORD, new: 'another long password' }],
      [CREATE_USER, { input: { email: 'a@b.example', displayName: 'A', roles: ['ADMIN'] } }],
      [onUser('resetPassword'), { id: colleague.id }],
      [onUser('resetSecondFactor'), { id: colleague.id }],
      ['mutation { beginSecondFactor(password: "x") { secret } }', {}],
      ['{ sessions { id } }', {}],
      ['mutation { signOutEverywhere }', {}],
    ] as const) {
      const { data, errors } = await services.execute(document, variables, viewer);
      expect({ document, data, code: errors.at(0)?.code }).toEqual({
        document,
        data: null,
        code: 'FORBIDDEN',
      });
    }
  });

  test('record when and from where they were last used; an administrator lists and revokes anyone’s', async () => {
    const user = await userWithPassword(services, Role.CLINICIAN);
    const ann = await signedIn(user);
    const { id, secret } = await newToken(ann);
    await viewerOfToken(secret);
    const { apiTokens } = (await ann.execute(TOKENS)).data;
    expect(apiTokens).toMatchObject([{ id, name: 'robot', lastUsedIp: '198.51.100.3' }]);
    expect(apiTokens[0].lastUsedAt).not.toBeNull();
    expect(apiTokens[0].scopes).not.toContain('ADMINISTER');

    const ofUser = `query ($userId: ID) { apiTokens(userId: $userId) { id owner { id } } }`;
    const stranger = await services.createViewer(Role.AUDITOR);
    expect((await services.execute(ofUser, { userId: user.id }, stranger)).errors).toMatchObject([
      { code: 'FORBIDDEN' },
    ]);
    expect((await admin.execute(ofUser, { userId: user.id })).data.apiTokens).toEqual([
      { id, owner: { id: user.id } },
    ]);
    const revoked = await admin.execute('mutation ($id: ID!) { revokeApiToken(id: $id) }', { id });
    expect(revoked.data).toEqual({ revokeApiToken: true });
    expect(await viewerOfToken(secret)).toBeNull();
    expect((await ann.execute(TOKENS)).data.apiTokens).toEqual([]);
  });

  test.each([
    [true, 'done'],
    [false, 'revoked'],
    [undefined, 'revoked'],
  ])('after a change of the password with keepApiTokens %p: %s', async (keep, expected) => {
    const ann = await signedIn(await userWithPassword(services));
    const { secret } = await newToken(ann);
    const { data } = await ann.execute(CHANGE_PASSWORD, { current: PASSWORD, new: 'a newer password', keep });
    expect(data.changePassword.userErrors).toEqual([]);
    expect((await viewerOfToken(secret)) ? 'done' : 'revoked').toBe(expected);
  });

  test('need a scope, and know which there are', async () => {
    const ann = await signedIn(await userWithPassword(services));
    const { data } = await ann.execute(CREATE_TOKEN, { input: { name: 'none', scopes: [] } });
    expect(data.createApiToken.userErrors).toEqual([{ code: 'INVALID', field: ['input', 'scopes'] }]);
    const forever = await ann.execute(CREATE_TOKEN, { input: { name: 'forever', expiresAt: null } });
    expect(forever.data.createApiToken.userErrors).toEqual([]);
    expect((await ann.execute(TOKENS)).data.apiTokens).toMatchObject([{ name: 'forever', expiresAt: null }]);
  });
});
