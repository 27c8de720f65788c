import type { Page } from 'playwright-core';
import { startServer } from '../../server/testing.js';
import { setUpBrowserTests } from './browser.js';

const OWN_PASSWORD = 'a smear dries in the sun';

const tests = setUpBrowserTests(() => startServer({ env: { ADMIN_PASSWORD: '' } }));

test('a user with a one-time password must choose a new password first', async () => {
  const page = await tests.open({ path: '/models' });
  await fillSignIn(page, { ...tests.app.admin, password: 'not the password' });
  expect(await page.getByRole('alert').textContent()).toMatch(/password/i);

  await fillSignIn(page, tests.app.admin);
  await page.getByRole('heading', { name: 'Choose your own password' }).waitFor();

  await page.getByLabel('New password *', { exact: true }).fill('short');
  await page.getByLabel('New password again').fill('shorter');
  expect(await page.getByText('The passwords do not match.').isVisible()).toBe(true);
  await page.getByLabel('New password again').fill('short');
  await page.getByRole('button', { name: 'Set password' }).click();
  await page.getByText('A password must have at least').waitFor();

  await page.reload();
  await page.getByRole('heading', { name: 'Choose your own password' }).waitFor();
  await page.getByLabel('One-time password').fill(tests.app.admin.password);
  await page.getByLabel('New password *', { exact: true }).fill(OWN_PASSWORD);
  await page.getByLabel('New password again').fill(OWN_PASSWORD);
  await page.getByRole('button', { name: 'Set password' }).click();

  // The page that the user first opened.
  await page.getByRole('heading', { name: 'Models' }).waitFor();
  expect(new URL(page.url()).pathname).toBe('/models');
});

test('signing out ends the session in the browser and on the server', async () => {
  const page = await tests.open({ path: '/', user: { ...tests.app.admin, password: OWN_PASSWORD } });
  await page.getByRole('heading', { name: 'Classify' }).waitFor();

  const cookies = await page.context().cookies();
  await page.getByRole('button', { name: /^Account of/ }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();

  // The old cookie is no longer valid.
  await page.context().addCookies(cookies);
  await page.goto('/predictions');
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
});

test('the sign-in page appears when the session ends on the server', async () => {
  const user = { ...tests.app.admin, password: OWN_PASSWORD };
  const page = await tests.open({ path: '/', user, mayLogErrors: true });
  await page.getByText('Drop cell images here').waitFor();
  await page.waitForLoadState('networkidle');
  await page.context().clearCookies();
  // Not a real click, because a request of the page may have shown the sign-in page already.
  await page.getByRole('link', { name: 'Models' }).first().dispatchEvent('click');
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
});

async function fillSignIn(
  page: Page,
  { email, password }: { email: string; password: string },
): Promise<void> {
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('alert').or(page.getByText('one-time password')).first().waitFor();
}
