import { mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { Secret, TOTP } from 'otpauth';
import type { Browser, Page } from 'playwright-core';
import { createTestClient } from '../../server/http/testing.js';
import { startServer, type TestServer } from '../../server/testing.js';
import { launchBrowser, openPage, signIn } from './browser.js';
import { addAuditor } from './start-app.js';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const OWN_PASSWORD = 'a smear dries in the sun';

let server: TestServer;
let browser: Browser;

beforeAll(async () => {
  server = await startServer();
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
  await server.stop();
});

/** What axe finds wrong on the page as it is now, in a wide and a narrow window. */
async function checkAccessibility(page: Page, name: string): Promise<void> {
  for (const width of [1440, 390]) {
    await page.setViewportSize({ width, height: 900 });
    await page.waitForTimeout(400); // transitions of dialogs and buttons change contrasts
    if (process.env.SCREENSHOTS) {
      await mkdir(process.env.SCREENSHOTS, { recursive: true });
      const file = path.join(process.env.SCREENSHOTS, `${name}-${width}.png`);
      await page.screenshot({ path: file, fullPage: true });
    }
    const overflow = await page.evaluate('document.documentElement.scrollWidth - window.innerWidth');
    expect({ name, width, overflow }).toEqual({ name, width, overflow: 0 });
    const loaded = await page.evaluate('typeof axe');
    if (loaded === 'undefined') await page.evaluate(await readAxe());
    const { violations } = await page.evaluate<{ violations: { id: string; nodes: { html: string }[] }[] }>(
      'axe.run()',
    );
    const found = violations.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ html }) => html) }));
    expect({ name, width, found }).toEqual({ name, width, found: [] });
  }
  await page.setViewportSize({ width: 1440, height: 900 });
}

async function readAxe(): Promise<string> {
  const { readFile } = await import('node:fs/promises');
  return readFile(AXE, 'utf8');
}

/** Presses Tab until what has the focus has this accessible name, then Enter. */
async function pressByKeyboard(
  page: Page,
  role: 'button' | 'link' | 'menuitem',
  name: string | RegExp,
): Promise<void> {
  const target = page.getByRole(role, { name }).first();
  await target.waitFor();
  for (let presses = 0; presses < 80; presses++) {
    if (await target.evaluate((element) => element.ownerDocument.activeElement === element)) {
      await page.keyboard.press('Enter');
      return;
    }
    await page.keyboard.press(role === 'menuitem' ? 'ArrowDown' : 'Tab');
  }
  throw new Error(`The keyboard does not reach the ${role} ${String(name)}.`);
}

test('an administrator adds a colleague, who signs in and chooses a password', async () => {
  const { page, problems } = await openPage(browser, server.url);
  await page.goto('/');
  await signIn(page, server.admin);
  await page.getByRole('heading', { name: 'First steps' }).waitFor();
  await checkAccessibility(page, 'first-steps');

  // By keyboard alone.
  await pressByKeyboard(page, 'link', 'Add the people who will use Cytograph');
  await page.getByRole('heading', { name: 'People' }).waitFor();
  await pressByKeyboard(page, 'button', 'Add a person');
  await page.getByRole('dialog', { name: 'Add a person' }).waitFor();
  await page.keyboard.type('Ann Lee');
  await page.keyboard.press('Tab');
  await page.keyboard.type('ann.lee@clinic.example');
  await checkAccessibility(page, 'add-person');
  await pressByKeyboard(page, 'button', 'Add');
  const shown = page.getByRole('dialog', { name: 'One-time password' });
  const password = (await shown.locator('code').textContent()) ?? '';
  expect(password).toMatch(/^(\w{4}-){3}\w{4}$/);
  await checkAccessibility(page, 'one-time-password');
  await page.keyboard.press('Enter'); // on Done, which has the focus
  await page.getByRole('link', { name: 'Ann Lee' }).waitFor();
  await page.getByText('Has not chosen a password yet').waitFor();
  await checkAccessibility(page, 'people');

  const ann = await openPage(browser, server.url);
  await ann.page.goto('/');
  await ann.page.getByLabel('E-mail').fill('ann.lee@clinic.example');
  await ann.page.getByLabel('Password').fill(password);
  await ann.page.keyboard.press('Enter');
  await ann.page.getByLabel('New password *', { exact: true }).fill(OWN_PASSWORD);
  await ann.page.getByLabel('New password again').fill(OWN_PASSWORD);
  await ann.page.keyboard.press('Enter');
  await ann.page.getByRole('heading', { name: 'Classify' }).waitFor();
  // A clinician is offered neither the people nor the first steps.
  expect(await ann.page.getByRole('link', { name: 'People' }).count()).toBe(0);
  expect(await ann.page.getByRole('heading', { name: 'First steps' }).count()).toBe(0);

  await pressByKeyboard(page, 'link', 'Ann Lee');
  await page.getByRole('heading', { name: 'Ann Lee' }).waitFor();
  await page.getByText('Chrome on Linux').waitFor();
  await checkAccessibility(page, 'person');
  await pressByKeyboard(page, 'button', 'Disable account');
  await checkAccessibility(page, 'disable');
  await page.getByRole('dialog').getByRole('button', { name: 'Disable account' }).press('Enter');
  await page.getByText('Disabled', { exact: true }).first().waitFor();
  await page.getByText('Not signed in anywhere.').waitFor();
  await ann.page.reload();
  await ann.page.getByRole('heading', { name: 'Sign in' }).waitFor();
  expect(problems).toEqual([]);
});

test('the only administrator reads why their account cannot be disabled', async () => {
  const { page } = await openPage(browser, server.url);
  await page.goto('/people');
  await signIn(page, server.admin);
  await page.getByRole('link', { name: 'Administrator' }).click();
  await page.getByRole('button', { name: 'Disable account' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Disable account' }).click();
  await page.getByText('The only administrator cannot be disabled').waitFor();
  expect(await page.getByRole('button', { name: 'Reset password' }).count()).toBe(0);
});

test('an auditor reads the list of people and changes nothing', async () => {
  const auditor = await addAuditor(server);
  const { page, problems } = await openPage(browser, server.url);
  await page.goto('/people');
  await signIn(page, auditor);
  await page.getByRole('link', { name: 'Administrator' }).click();
  await page.getByRole('heading', { name: 'Account' }).waitFor();
  for (const name of ['Change roles', 'Disable account', 'Sign out everywhere'])
    expect(await page.getByRole('button', { name }).count()).toBe(0);
  expect(problems).toEqual([]);
});

test('one’s own account: token, authenticator app, password and sessions', async () => {
  const { page, problems } = await openPage(browser, server.url);
  await page.goto('/');
  await signIn(page, server.admin);
  await pressByKeyboard(page, 'button', /^Account of/);
  await pressByKeyboard(page, 'menuitem', 'My account');
  await page.getByRole('heading', { name: 'My account' }).waitFor();
  await page.getByText('This session').waitFor();

  await pressByKeyboard(page, 'button', 'New token');
  await page.getByRole('dialog').getByLabel('Name').waitFor();
  await page.keyboard.type('lab robot');
  await checkAccessibility(page, 'new-token');
  await pressByKeyboard(page, 'button', 'Create');
  const secret = (await page.getByRole('dialog', { name: 'API token' }).locator('code').textContent()) ?? '';
  await page.keyboard.press('Enter');
  await page.getByText('lab robot').waitFor();
  const robot = createTestClient(server.url);
  robot.headers.authorization = `Bearer ${secret}`;
  expect((await robot.graphql('{ models { id } }')).errors).toBeUndefined();
  expect((await robot.graphql('{ users { id } }')).errors?.[0]?.extensions.code).toBe('FORBIDDEN');

  await pressByKeyboard(page, 'button', 'Set up');
  await page.getByRole('dialog').getByLabel('Password').waitFor();
  await page.keyboard.type(server.admin.password);
  await page.keyboard.press('Enter');
  await page.getByLabel('Code from the app').waitFor();
  const key = (await page.getByRole('dialog').locator('code').textContent()) ?? '';
  await checkAccessibility(page, 'authenticator-app');
  const totp = new TOTP({ secret: Secret.fromBase32(key) });
  await page.getByLabel('Code from the app').focus();
  await page.keyboard.type(totp.generate({ timestamp: Date.now() - 30_000 }));
  await page.keyboard.press('Enter');
  await page.getByRole('dialog', { name: 'Recovery codes' }).waitFor();
  expect(await page.getByRole('dialog').locator('code').count()).toBe(10);
  await checkAccessibility(page, 'recovery-codes');
  await page.keyboard.press('Enter');
  await page.getByText('Signing in takes your password and a code from the app.').waitFor();
  await checkAccessibility(page, 'my-account');

  const elsewhere = await openPage(browser, server.url);
  await elsewhere.page.goto('/');
  await elsewhere.page.getByLabel('E-mail').fill(server.admin.email);
  await elsewhere.page.getByLabel('Password').fill(server.admin.password);
  await elsewhere.page.keyboard.press('Enter');
  await elsewhere.page.getByLabel('Code from the authenticator app').fill('000000x');
  await elsewhere.page.keyboard.press('Enter');
  await elsewhere.page.getByText('This code is not valid.').waitFor();
  await checkAccessibility(elsewhere.page, 'sign-in-code');
  await elsewhere.page.getByLabel('Code from the authenticator app').fill(totp.generate());
  await elsewhere.page.keyboard.press('Enter');
  await elsewhere.page.getByRole('heading', { name: 'Classify' }).waitFor();

  await pressByKeyboard(page, 'button', 'Change password');
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Current password').fill(server.admin.password);
  await dialog.getByLabel('New password *', { exact: true }).fill(OWN_PASSWORD);
  await dialog.getByLabel('New password again').fill(OWN_PASSWORD);
  await checkAccessibility(page, 'change-password');
  await dialog.getByLabel('New password again').press('Enter');
  await page.getByText('Your password has been changed.').waitFor();
  await page.getByText('No tokens.').waitFor();
  expect((await robot.graphql('{ models { id } }')).errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
  await elsewhere.page.reload();
  await elsewhere.page.getByRole('heading', { name: 'Sign in' }).waitFor();

  await pressByKeyboard(page, 'button', 'Sign out everywhere');
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  expect(problems).toEqual([]);
});
