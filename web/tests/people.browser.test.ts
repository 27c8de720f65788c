import { Secret, TOTP } from 'otpauth';
import { createTestClient } from '../../server/http/testing.js';
import { startServer } from '../../server/testing.js';
import { checkAccessibility, pressByKeyboard } from './accessibility.js';
import { setUpBrowserTests } from './browser.js';
import { addAuditor } from './start-app.js';

const OWN_PASSWORD = 'a smear dries in the sun';

const tests = setUpBrowserTests(() => startServer());

test('an administrator adds a colleague, who signs in and chooses a password', async () => {
  const page = await tests.open({ path: '/', user: tests.app.admin });
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

  const ann = await tests.open({ path: '/', mayLogErrors: true }); // her session ends while the page is open
  await ann.getByLabel('E-mail').fill('ann.lee@clinic.example');
  await ann.getByLabel('Password').fill(password);
  await ann.keyboard.press('Enter');
  await ann.getByLabel('New password *', { exact: true }).fill(OWN_PASSWORD);
  await ann.getByLabel('New password again').fill(OWN_PASSWORD);
  await ann.keyboard.press('Enter');
  await ann.getByRole('heading', { name: 'Classify' }).waitFor();
  // A clinician is offered neither the people nor the first steps.
  expect(await ann.getByRole('link', { name: 'People' }).count()).toBe(0);
  expect(await ann.getByRole('heading', { name: 'First steps' }).count()).toBe(0);

  await pressByKeyboard(page, 'link', 'Ann Lee');
  await page.getByRole('heading', { name: 'Ann Lee' }).waitFor();
  await page.getByText('Chrome on Linux').waitFor();
  await checkAccessibility(page, 'person');
  await pressByKeyboard(page, 'button', 'Disable account');
  await checkAccessibility(page, 'disable');
  await page.getByRole('dialog').getByRole('button', { name: 'Disable account' }).press('Enter');
  await page.getByText('Disabled', { exact: true }).first().waitFor();
  await page.getByText('Not signed in anywhere.').waitFor();
  await ann.reload();
  await ann.getByRole('heading', { name: 'Sign in' }).waitFor();
});

test('the only administrator reads why their account cannot be disabled', async () => {
  const page = await tests.open({ path: '/people', user: tests.app.admin });
  await page.getByRole('link', { name: 'Administrator' }).click();
  await page.getByRole('button', { name: 'Disable account' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Disable account' }).click();
  await page.getByText('The only administrator cannot be disabled').waitFor();
  expect(await page.getByRole('button', { name: 'Reset password' }).count()).toBe(0);
});

test('an auditor reads the list of people and changes nothing', async () => {
  const page = await tests.open({ path: '/people', user: await addAuditor(tests.app) });
  await page.getByRole('link', { name: 'Administrator' }).click();
  await page.getByRole('heading', { name: 'Account' }).waitFor();
  for (const name of ['Change roles', 'Disable account', 'Sign out everywhere'])
    expect(await page.getByRole('button', { name }).count()).toBe(0);
});

test('one’s own account: token, authenticator app, password and sessions', async () => {
  const page = await tests.open({ path: '/', user: tests.app.admin });
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
  const robot = createTestClient(tests.app.url);
  robot.headers.authorization = `Bearer ${secret}`;
  expect((await robot.graphql('{ models { id } }')).errors).toBeUndefined();
  expect((await robot.graphql('{ users { id } }')).errors?.[0]?.extensions.code).toBe('FORBIDDEN');

  await pressByKeyboard(page, 'button', 'Set up');
  await page.getByRole('dialog').getByLabel('Password').waitFor();
  await page.keyboard.type(tests.app.admin.password);
  await page.keyboard.press('Enter');
  await page.getByLabel('Code from the app').waitFor();
  const key = (await page.getByRole('dialog').locator('code').textContent()) ?? '';
  await checkAccessibility(page, 'authenticator-app');
  const totp = new TOTP({ secret: Secret.fromBase32(key) });
  await page.getByLabel('Code from the app').focus();
  await page.keyboard.type(totp.generate());
  await page.keyboard.press('Enter');
  await page.getByRole('dialog', { name: 'Recovery codes' }).waitFor();
  expect(await page.getByRole('dialog').locator('code').count()).toBe(10);
  await checkAccessibility(page, 'recovery-codes');
  await page.keyboard.press('Enter');
  await page.getByText('Signing in takes your password and a code from the app.').waitFor();
  await checkAccessibility(page, 'my-account');

  const elsewhere = await tests.open({ path: '/', mayLogErrors: true });
  await elsewhere.getByLabel('E-mail').fill(tests.app.admin.email);
  await elsewhere.getByLabel('Password').fill(tests.app.admin.password);
  await elsewhere.keyboard.press('Enter');
  await elsewhere.getByLabel('Code from the authenticator app').fill('000000x');
  await elsewhere.keyboard.press('Enter');
  await elsewhere.getByText('This code is not valid.').waitFor();
  await checkAccessibility(elsewhere, 'sign-in-code');
  // A code works once, so this is the one of the next half minute, which clocks that differ may show already.
  const nextCode = totp.generate({ timestamp: Date.now() + 30_000 });
  await elsewhere.getByLabel('Code from the authenticator app').fill(nextCode);
  await elsewhere.keyboard.press('Enter');
  await elsewhere.getByRole('heading', { name: 'Classify' }).waitFor();

  await pressByKeyboard(page, 'button', 'Change password');
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Current password').fill(tests.app.admin.password);
  await dialog.getByLabel('New password *', { exact: true }).fill(OWN_PASSWORD);
  await dialog.getByLabel('New password again').fill(OWN_PASSWORD);
  await checkAccessibility(page, 'change-password');
  await dialog.getByLabel('New password again').press('Enter');
  await page.getByText('Your password has been changed.').waitFor();
  await page.getByText('No tokens.').waitFor();
  expect((await robot.graphql('{ models { id } }')).errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
  await elsewhere.reload();
  await elsewhere.getByRole('heading', { name: 'Sign in' }).waitFor();

  await pressByKeyboard(page, 'button', 'Sign out everywhere');
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
});
