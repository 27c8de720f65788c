import type { Browser, Page } from 'playwright-core';
import { startServer, type TestServer } from '../../server/testing.js';
import { launchBrowser, openPage, signIn, type WatchedPage } from './browser.js';

const OWN_PASSWORD = 'a smear dries in the sun';

let server: TestServer;
let browser: Browser;

beforeAll(async () => {
  server = await startServer({ env: { ADMIN_PASSWORD: '' } });
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
  await server.stop();
});

test('a user with a one-time password must choose a new password first', async () => {
  const { page, problems } = await openPage(browser, server.url);
  await page.goto('/models');
  await fillSignIn(page, { ...server.admin, password: 'not the password' });
  expect(await page.getByRole('alert').textContent()).toMatch(/password/i);

  await fillSignIn(page, server.admin);
  await page.getByRole('heading', { name: 'Choose your own password' }).waitFor();

  await page.getByLabel('New password *', { exact: true }).fill('short');
  await page.getByLabel('New password again').fill('shorter');
  expect(await page.getByText('The passwords do not match.').isVisible()).toBe(true);
  await page.getByLabel('New password again').fill('short');
  await page.getByRole('button', { name: 'Set password' }).click();
  await page.getByText('A password must have at least').waitFor();

  await page.reload();
  await page.getByRole('heading', { name: 'Choose your own password' }).waitFor();
  await page.getByLabel('One-time password').fill(server.admin.password);
  await page.getByLabel('New password *', { exact: true }).fill(OWN_PASSWORD);
  await page.getByLabel('New password again').fill(OWN_PASSWORD);
  await page.getByRole('button', { name: 'Set password' }).click();

  // The page that the user first opened.
  await page.getByRole('heading', { name: 'Models' }).waitFor();
  expect(new URL(page.url()).pathname).toBe('/models');
  expect(problems).toEqual([]);
});

test('signing out ends the session in the browser and on the server', async () => {
  const watched = await openPage(browser, server.url);
  const { page } = watched;
  await page.goto('/');
  await signIn(page, { ...server.admin, password: OWN_PASSWORD });
  await page.getByRole('heading', { name: 'Classify' }).waitFor();

  const cookies = await page.context().cookies();
  await page.getByRole('button', { name: /^Account of/ }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();

  // The old cookie is no longer valid.
  await page.context().addCookies(cookies);
  await page.goto('/predictions');
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  expect(watched.problems).toEqual([]);
});

test('the sign-in page appears when the session ends on the server', async () => {
  const { page } = await signedIn();
  await page.getByText('Drop cell images here').waitFor();
  await page.waitForLoadState('networkidle');
  await page.context().clearCookies();
  await page.getByRole('link', { name: 'Models' }).first().click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
});

async function signedIn(): Promise<WatchedPage> {
  const watched = await openPage(browser, server.url);
  await watched.page.goto('/');
  await signIn(watched.page, { ...server.admin, password: OWN_PASSWORD });
  return watched;
}

async function fillSignIn(
  page: Page,
  { email, password }: { email: string; password: string },
): Promise<void> {
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('alert').or(page.getByText('one-time password')).first().waitFor();
}
