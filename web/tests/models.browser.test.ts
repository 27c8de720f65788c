import type { Page } from 'playwright-core';
import { signIn, setUpBrowserTests } from './browser.js';
import { addAuditor, startApp } from './start-app.js';

const tests = setUpBrowserTests(() => startApp([{ seed: 1 }, { seed: 2 }]));
let page: Page;

beforeEach(async () => {
  page = await tests.open();
});

test('a version is promoted with a reason, and rolled back in one step', async () => {
  await page.goto('/models');
  await signIn(page, tests.app.admin);
  await page.getByRole('link', { name: 'screening' }).click();
  await page
    .getByRole('table', { name: 'Versions' })
    .getByRole('link', { name: 'Version 2', exact: true })
    .click();

  await page.getByRole('button', { name: 'Promote' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Reason').fill('It sees more of the cells that matter.');
  await dialog.getByRole('button', { name: 'Promote' }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.getByText('Champion', { exact: true }).waitFor();

  await page.getByRole('link', { name: 'screening', exact: true }).click();
  await page.getByText('version 2 became champion in place of version 1').waitFor();
  expect(await page.getByText('It sees more of the cells that matter.').isVisible()).toBe(true);
  expect(await championRow()).toContain('Version 2');

  await page.getByRole('button', { name: 'Roll back champion' }).click();
  await dialog.getByLabel('Reason').fill('It missed two blasts on Monday.');
  await dialog.getByRole('button', { name: 'Roll back' }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.getByText('Rolled back: version 1 became champion in place of version 2').waitFor();
  expect(await page.getByText('It missed two blasts on Monday.').isVisible()).toBe(true);
  await page.getByRole('row', { name: /Version 1 Champion/ }).waitFor();

  // A second rollback is not possible, and the error explains why.
  await page.getByRole('button', { name: 'Roll back champion' }).click();
  await dialog.getByLabel('Reason').fill('Once more.');
  await dialog.getByRole('button', { name: 'Roll back' }).click();
  await dialog.getByRole('alert').waitFor();
});

test('a version shows its model card, and its files can be downloaded', async () => {
  await page.goto('/models/screening');
  await signIn(page, tests.app.admin);
  await page
    .getByRole('table', { name: 'Versions' })
    .getByRole('link', { name: 'Version 1', exact: true })
    .click();
  await page.getByRole('heading', { name: 'A test model' }).waitFor();
  for (const file of ['model.json', 'weights.bin', 'model.onnx', 'manifest.json']) {
    const address = await page.getByRole('link', { name: file }).getAttribute('href');
    expect((await page.request.get(address ?? '')).status()).toBe(200);
  }
});

test('an auditor sees only pages and actions that read', async () => {
  const auditor = await addAuditor(tests.app);
  await page.goto('/');
  await signIn(page, auditor);
  await page.getByRole('heading', { name: 'History' }).waitFor();
  const places = page.getByRole('navigation', { name: 'Main' }).first().getByRole('link');
  expect(await places.allInnerTexts()).toEqual([
    'Cases',
    'History',
    'Models',
    'Datasets',
    'Training',
    'People',
    'Audit',
  ]);

  await page.goto('/models/screening');
  await page
    .getByRole('table', { name: 'Versions' })
    .getByRole('link', { name: 'Version 2', exact: true })
    .waitFor();
  expect(await page.getByRole('button', { name: /roll back/i }).count()).toBe(0);
  await page
    .getByRole('table', { name: 'Versions' })
    .getByRole('link', { name: 'Version 2', exact: true })
    .click();
  await page.getByRole('heading', { name: 'screening version 2' }).waitFor();
  expect(await page.getByRole('button', { name: 'Promote' }).count()).toBe(0);
});

async function championRow(): Promise<string> {
  const versions = page.getByRole('table', { name: 'Versions' });
  return versions.getByRole('row').filter({ hasText: 'Champion' }).innerText();
}
