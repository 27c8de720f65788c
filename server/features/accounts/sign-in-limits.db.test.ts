import { openTestServices, type TestServices } from '../../graphql/testing.js';
import { codeOf, TestBrowser, userWithPassword } from './testing.js';

let services: TestServices;
beforeEach(async () => {
  services = await openTestServices();
});
afterEach(() => services.close());

const WRONG = 'not the password';
const guess = (email: string, ip?: string, password = WRONG) =>
  codeOf(new TestBrowser(services, ip).signIn(email, password));
/** As if this much time had passed since the last failures. */
const wait = (seconds: number) =>
  services.database.$executeRawUnsafe(
    `UPDATE "SignInFailures" SET "lastFailedAt" = "lastFailedAt" - ${seconds} * interval '1 s'`,
  );

test('after five failures each further one doubles the wait, up to 15 minutes', async () => {
  const { email } = await userWithPassword(services);
  for (let failure = 0; failure < 5; failure++) expect(await guess(email)).toBe('INVALID');
  for (const seconds of [10, 20, 40, 80, 160, 320, 640, 900, 900]) {
    const begun = performance.now();
    await wait(seconds - 5);
    const early = await guess(email);
    // If the machine paused for the 5 s that are left, the wait was over at this guess.
    const isLate = performance.now() - begun > 4_000;
    if (isLate && early === 'INVALID') continue;
    expect({ seconds, early }).toEqual({ seconds, early: 'FORBIDDEN' });
    await wait(6);
    expect({ seconds, code: await guess(email) }).toEqual({ seconds, code: 'INVALID' });
  }
  await expect(new TestBrowser(services).signIn(email)).rejects.toThrow('Try again in 15 min.');
  await wait(3601);
  for (let failure = 0; failure < 5; failure++) expect(await guess(email)).toBe('INVALID');
});

test('strangers at many addresses delay a new browser of the owner, by a minute at most, and none that is known', async () => {
  const { email } = await userWithPassword(services);
  const known = new TestBrowser(services);
  await known.signIn(email);
  known.session = null;
  for (let address = 1; address <= 40; address++) {
    await guess(email, `198.51.100.${address}`);
    await wait(61);
  }
  await guess(email, '198.51.100.200');
  expect(await guess(email, '203.0.113.1', 'correct horse battery')).toBe('FORBIDDEN');
  expect(await codeOf(known.signIn(email))).toBe('done');

  await guess(email, '198.51.100.201');
  await wait(61);
  expect(await guess(email, '203.0.113.1', 'correct horse battery')).toBe('done');
});

test('a known browser is limited for itself', async () => {
  const user = await userWithPassword(services);
  const browser = new TestBrowser(services);
  await browser.signIn(user.email);
  for (let failure = 0; failure < 5; failure++)
    expect(await codeOf(browser.signIn(user.email, WRONG))).toBe('INVALID');
  expect(await codeOf(browser.signIn(user.email))).toBe('FORBIDDEN');
  expect(await guess(user.email, undefined, 'correct horse battery')).toBe('done');
  // Of another account it knows nothing, so there the limits of strangers apply.
  const other = await userWithPassword(services);
  for (let failure = 0; failure < 5; failure++)
    expect(await codeOf(browser.signIn(other.email, WRONG))).toBe('INVALID');
  expect(await guess(other.email)).toBe('FORBIDDEN');
});

test('one address is limited across accounts, and others are not', async () => {
  const { email } = await userWithPassword(services);
  for (let account = 0; account < 50; account++)
    expect(await guess(`nobody-${account}@example.org`, '2001:db8:1:2::5')).toBe('INVALID');
  expect(await guess('nobody-new@example.org', '2001:db8:1:2:ffff::9')).toBe('FORBIDDEN'); // of the same /64
  expect(await guess(email, '2001:db8:1:2::5', 'correct horse battery')).toBe('FORBIDDEN');
  expect(await guess(email, '2001:db8:1:3::5', 'correct horse battery')).toBe('done');
});

test('guessing fills neither the table of failures nor the audit trail', async () => {
  const { id, email } = await userWithPassword(services);
  for (let attempt = 0; attempt < 60; attempt++) {
    await guess(email, `198.51.100.${attempt}`);
    await wait(61);
  }
  const events = await services.database.auditEvent.findMany({
    where: { entityId: id },
    orderBy: { id: 'asc' },
  });
  expect(events).toHaveLength(8); // failures 1 to 5, 8, 16 and 32
  expect(events.at(-1)?.detail).toBe('wrong password, 32 failures in a row');
  for (let attempt = 0; attempt < 20; attempt++) await guess(email, '198.51.100.250');
  expect(await services.database.auditEvent.count({ where: { entityId: id } })).toBe(8); // refused attempts are not recorded
  const keys = (await services.database.signInFailures.findMany()).map(({ key }) => key);
  for (const key of keys) expect(key).toMatch(/^(account user_[0-9a-f]{32}|(address|guesser) [0-9a-f]{4})$/);
});
