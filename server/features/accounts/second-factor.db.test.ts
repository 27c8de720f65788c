import { randomBytes } from 'node:crypto';
import { Secret, TOTP } from 'otpauth';
import { Role } from '../../api/permissions.js';
import { openTestServices, type TestServices } from '../../graphql/testing.js';
import { DecryptionError, KeyRing } from '../../storage/encryption.js';
import { readAppSecret, rotateSecrets } from './second-factor-secret.js';
import { codeOf, PASSWORD, TestBrowser, userWithPassword } from './testing.js';

let services: TestServices;
beforeAll(async () => {
  services = await openTestServices();
});
afterAll(() => services.close());

const BEGIN =
  'mutation ($p: String!) { beginSecondFactor(password: $p) { secret uri userErrors { code field } } }';
const CONFIRM =
  'mutation ($code: String!) { confirmSecondFactor(code: $code) { recoveryCodes userErrors { code field } } }';
const REMOVE = 'mutation ($p: String!) { removeSecondFactor(password: $p) { removed userErrors { code } } }';

/** The code that an app shows `steps` half minutes from now. */
function appCode(secret: string, steps = 0): string {
  return new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: Date.now() + steps * 30_000 });
}

const wrong = (code: string) => String((Number(code) + 1) % 1_000_000).padStart(6, '0');

async function withSecondFactor() {
  const user = await userWithPassword(services);
  const browser = new TestBrowser(services);
  await browser.signIn(user.email);
  const { secret } = (await browser.execute(BEGIN, { p: PASSWORD })).data.beginSecondFactor;
  // The code of the last half minute, so that the present one can be used later. It may be too old when it arrives.
  let confirmed;
  do confirmed = (await browser.execute(CONFIRM, { code: appCode(secret, -1) })).data.confirmSecondFactor;
  while (confirmed.userErrors[0]?.code === 'INVALID');
  expect(confirmed.userErrors).toEqual([]);
  return { user, browser, secret, recoveryCodes: confirmed.recoveryCodes as string[] };
}

test('is set up with the password and a code of the app', async () => {
  const user = await userWithPassword(services);
  const browser = new TestBrowser(services);
  await browser.signIn(user.email);
  const refused = await browser.execute(BEGIN, { p: 'not the password' });
  expect(refused.data.beginSecondFactor).toEqual({
    secret: null,
    uri: null,
    userErrors: [{ code: 'INVALID', field: ['password'] }],
  });
  expect((await browser.execute(CONFIRM, { code: '123456' })).data.confirmSecondFactor.userErrors).toEqual([
    { code: 'CONFLICT', field: null },
  ]);

  const { secret, uri } = (await browser.execute(BEGIN, { p: PASSWORD })).data.beginSecondFactor;
  expect(uri).toContain(`otpauth://totp/Cytograph:${encodeURIComponent(user.email)}?`);
  expect(uri).toContain(`secret=${secret}`);
  // Until it is confirmed, the password is enough.
  expect(await new TestBrowser(services).signIn(user.email)).toMatchObject({ id: user.id });
  const code = appCode(secret);
  expect((await browser.execute(CONFIRM, { code: wrong(code) })).data.confirmSecondFactor).toEqual({
    recoveryCodes: null,
    userErrors: [{ code: 'INVALID', field: ['code'] }],
  });
  const { recoveryCodes } = (await browser.execute(CONFIRM, { code })).data.confirmSecondFactor;
  expect(new Set(recoveryCodes).size).toBe(10);
  const stored = await services.database.recoveryCode.findMany({ where: { userId: user.id } });
  expect(JSON.stringify(stored)).not.toContain(recoveryCodes[0]);
  expect((await browser.execute('{ viewer { hasSecondFactor } }')).data.viewer).toEqual({
    hasSecondFactor: true,
  });
  expect((await browser.execute(BEGIN, { p: PASSWORD })).data.beginSecondFactor.userErrors).toMatchObject([
    { code: 'CONFLICT' },
  ]);
});

test('then signing in takes a code, which works once', async () => {
  const { user, secret } = await withSecondFactor();
  const browser = new TestBrowser(services);
  expect(await browser.signIn(user.email)).toBeNull();
  expect(browser.session).toBeNull();
  const { data } = await browser.execute(
    `mutation { signIn(email: "${user.email}", password: "${PASSWORD}") { viewer { id } codeRequired userErrors { code } } }`,
  );
  expect(data.signIn).toEqual({ viewer: null, codeRequired: true, userErrors: [] });

  const code = appCode(secret);
  expect(await codeOf(browser.signIn(user.email, PASSWORD, wrong(code)))).toBe('INVALID');
  expect(await codeOf(browser.signIn(user.email, PASSWORD, ''))).toBe('INVALID');
  expect(await browser.signIn(user.email, PASSWORD, ` ${code.slice(0, 3)} ${code.slice(3)}`)).toMatchObject({
    id: user.id,
  });
  expect(await codeOf(new TestBrowser(services).signIn(user.email, PASSWORD, code))).toBe('INVALID');
});

test('a code without the right password says no more than a wrong password', async () => {
  const { user, secret } = await withSecondFactor();
  const signIn = (password: string, code?: string) =>
    new TestBrowser(services).signIn(user.email, password, code).catch(String);
  const messages = [await signIn('not the password'), await signIn('not the password', appCode(secret))];
  expect(messages[0]).toMatch(/The e-mail address or the password is wrong/);
  expect(new Set(messages).size).toBe(1);
});

test('each recovery code works once instead of the app', async () => {
  const { user, recoveryCodes } = await withSecondFactor();
  const [first = '', second = ''] = recoveryCodes;
  expect(
    await new TestBrowser(services).signIn(user.email, PASSWORD, ` ${first.toUpperCase()}`),
  ).toMatchObject({
    id: user.id,
  });
  expect(await codeOf(new TestBrowser(services).signIn(user.email, PASSWORD, first))).toBe('INVALID');
  expect(await new TestBrowser(services).signIn(user.email, PASSWORD, second)).toMatchObject({ id: user.id });
  const other = await withSecondFactor();
  expect(await codeOf(new TestBrowser(services).signIn(other.user.email, PASSWORD, recoveryCodes[2]))).toBe(
    'INVALID',
  );
});

test('guessing codes is limited as guessing passwords is', async () => {
  const { user, secret } = await withSecondFactor();
  const guess = (code: string) =>
    codeOf(new TestBrowser(services, '203.0.113.4').signIn(user.email, PASSWORD, code));
  for (let attempt = 0; attempt < 5; attempt++) expect(await guess('abcdef')).toBe('INVALID');
  expect(await guess(appCode(secret))).toBe('FORBIDDEN');
});

test('ends by its owner with the password, or by an administrator', async () => {
  const { user, browser } = await withSecondFactor();
  expect((await browser.execute(REMOVE, { p: 'wrong' })).data.removeSecondFactor.userErrors).toEqual([
    { code: 'INVALID' },
  ]);
  expect((await browser.execute(REMOVE, { p: PASSWORD })).data.removeSecondFactor).toEqual({
    removed: true,
    userErrors: [],
  });
  expect(await new TestBrowser(services).signIn(user.email)).toMatchObject({ id: user.id });

  const other = await withSecondFactor();
  const admin = await services.createViewer(Role.ADMIN);
  const reset =
    'mutation ($id: ID!) { resetSecondFactor(id: $id) { user { hasSecondFactor } userErrors { code } } }';
  const { data } = await services.execute(reset, { id: other.user.id }, admin);
  expect(data.resetSecondFactor).toEqual({ user: { hasSecondFactor: false }, userErrors: [] });
  expect(await new TestBrowser(services).signIn(other.user.email)).toMatchObject({ id: other.user.id });
  const actions = await services.database.auditEvent.findMany({
    where: {
      entityId: { in: [user.id, other.user.id] },
      action: { startsWith: 'SECOND_FACTOR' },
      outcome: 'success',
    },
    orderBy: { id: 'asc' },
  });
  expect(actions.map(({ action }) => action)).toEqual([
    'SECOND_FACTOR_ADDED',
    'SECOND_FACTOR_REMOVED',
    'SECOND_FACTOR_ADDED',
    'SECOND_FACTOR_RESET',
  ]);
});

describe('with encryption keys', () => {
  const [older, newer] = [randomBytes(32), randomBytes(32)];
  const storedSecrets = async () =>
    (await services.database.secondFactor.findMany()).map(({ secret }) => secret);
  const keysOf = (...keys: [Buffer, ...Buffer[]]) => {
    services.config.encryptionKeys = keys;
    return new KeyRing(keys);
  };
  afterEach(() => (services.config.encryptionKeys = []));

  test('the secret is encrypted in the database, for its user only, and rotates with the keys', async () => {
    await services.database.recoveryCode.deleteMany();
    await services.database.secondFactor.deleteMany();
    const before = await withSecondFactor();
    expect(await storedSecrets()).toEqual([before.secret]);
    keysOf(older);
    const { user, secret } = await withSecondFactor();
    expect((await storedSecrets()).filter((stored) => stored.includes(secret))).toEqual([]);
    const signIn = (code: string) => new TestBrowser(services).signIn(user.email, PASSWORD, code);
    expect(await signIn(appCode(secret))).toMatchObject({ id: user.id });

    const keys = keysOf(newer, older);
    expect(await rotateSecrets(services.database, keys)).toBe(2);
    expect(await rotateSecrets(services.database, keys)).toBe(0);
    expect((await storedSecrets()).join()).not.toContain(before.secret);
    keysOf(newer);
    expect(await signIn(appCode(secret, 1))).toMatchObject({ id: user.id });

    const [row] = await services.database.secondFactor.findMany({ where: { userId: user.id } });
    expect(() => readAppSecret(new KeyRing([newer]), before.user.id, row?.secret ?? '')).toThrow(
      DecryptionError,
    );
    expect(() => readAppSecret(null, user.id, row?.secret ?? '')).toThrow('ENCRYPTION_KEYS is not set');
  });
});
