import type { Page } from 'playwright-core';
import { createDatabase } from '../../server/database/client.js';
import { newId } from '../../server/database/ids.js';
import { hashPassword } from '../../server/features/accounts/passwords.js';
import { checkAccessibility, pressByKeyboard } from './accessibility.js';
import { dropFiles, setUpBrowserTests } from './browser.js';
import { demoFiles, type Person, startApp } from './start-app.js';

const tests = setUpBrowserTests(() => startApp([{ seed: 1 }]));

/** Adds a clinician of these sites, who sees no others. */
async function addClinician(displayName: string, siteNames: string[]): Promise<Person> {
  const email = `${displayName.toLowerCase()}@example.org`;
  const password = 'four eyes see more than two';
  const database = createDatabase(tests.app.databaseUrl, 1);
  const sites = await database.site.findMany();
  const siteIds = siteNames.map((name) => sites.find((site) => site.name === name)?.id ?? '');
  await database.user.create({
    data: {
      ...{ id: newId('user'), email, displayName, roles: ['CLINICIAN'], siteIds, seesAllSites: false },
      passwordHash: await hashPassword(password),
    },
  });
  await database.$disconnect();
  return { email, password };
}

async function addSite(page: Page, name: string): Promise<void> {
  await pressByKeyboard(page, 'button', 'Add a site');
  await page.getByRole('dialog', { name: 'Add a site' }).waitFor();
  await page.keyboard.type(name);
  await page.keyboard.press('Enter');
  await page.getByRole('region', { name: 'Sites' }).getByText(name, { exact: true }).waitFor();
}

test('an administrator adds and renames sites and limits a person to one, by keyboard', async () => {
  const page = await tests.open({ path: '/people', user: tests.app.admin });
  await page.getByText('No sites: everyone sees all predictions.').waitFor();
  await addSite(page, 'Ward 1');
  await addSite(page, 'Laboratory');
  await pressByKeyboard(page, 'button', 'Rename Laboratory');
  await page.getByRole('dialog', { name: 'Rename Laboratory' }).waitFor();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type('ward 1');
  await page.keyboard.press('Enter');
  await page.getByText('There is a site named ward 1 already.').waitFor();
  await checkAccessibility(page, 'rename-site');
  await page.keyboard.press('Escape');
  await checkAccessibility(page, 'people-with-sites');

  await pressByKeyboard(page, 'button', 'Add a person');
  const dialog = page.getByRole('dialog', { name: 'Add a person' });
  await dialog.getByRole('textbox', { name: 'Name' }).fill('Ben Fox');
  await dialog.getByRole('textbox', { name: 'E-mail' }).fill('ben.fox@clinic.example');
  await dialog.getByRole('checkbox', { name: 'Ward 1' }).press('Space');
  await dialog.getByText('New predictions belong to Ward 1').waitFor();
  await dialog.getByRole('checkbox', { name: 'Auditor' }).press('Space');
  await dialog.getByText('Only people who see all sites can read the audit trail').waitFor();
  await dialog.getByRole('checkbox', { name: 'Auditor' }).press('Space');
  await checkAccessibility(page, 'add-person-with-sites');
  await dialog.getByRole('button', { name: 'Add' }).press('Enter');
  await page.getByRole('dialog', { name: 'One-time password' }).waitFor();
  await page.keyboard.press('Enter');
  await page.getByText('ben.fox@clinic.example · Sites: Ward 1 · has never signed in').waitFor();

  await pressByKeyboard(page, 'link', 'Ben Fox');
  await page.getByRole('heading', { name: 'Ben Fox' }).waitFor();
  await page.getByText('Ward 1', { exact: true }).waitFor();
  await pressByKeyboard(page, 'button', 'Change sites');
  const sites = page.getByRole('dialog', { name: 'Sites of Ben Fox' });
  expect(await sites.getByRole('checkbox', { name: 'Ward 1' }).isChecked()).toBe(true);
  await sites.getByRole('checkbox', { name: 'Laboratory' }).press('Space');
  await checkAccessibility(page, 'sites-of-person');
  await sites.getByRole('button', { name: 'Save' }).press('Enter');
  await page.getByText('Ward 1, Laboratory', { exact: true }).waitFor();
});

test('a person with two sites chooses one for the next images, and filters the history by site', async () => {
  const [cell, other] = await demoFiles(2);
  if (!cell || !other) throw new Error('There are no demo files.');
  const page = await tests.open({
    path: '/classify',
    user: await addClinician('Both', ['Ward 1', 'Laboratory']),
  });
  await dropFiles(page, 'input[type=file]', [cell]);
  await page.getByText(/1 of 1 images? done/).waitFor();
  await page.getByRole('combobox', { name: 'Site' }).click();
  await page.getByRole('option', { name: 'Laboratory' }).click();
  await checkAccessibility(page, 'classify-with-sites');
  await dropFiles(page, 'input[type=file]', [other]);
  await page.getByText('2 of 2 images done').waitFor();

  await page.getByRole('link', { name: 'History' }).first().click();
  await page.getByText('2 predictions', { exact: true }).waitFor();
  await page.getByRole('combobox', { name: 'Site' }).click();
  await page.getByRole('option', { name: 'Laboratory' }).click();
  await page.getByText('1 prediction matching the filters').waitFor();
  await page.getByText(other.name).first().waitFor();
  expect(await page.getByText(cell.name).count()).toBe(0);
  await checkAccessibility(page, 'history-with-sites');

  await page.goto('/account');
  await page.getByText('Ward 1, Laboratory', { exact: true }).waitFor();
});

test('a person of one site sees nothing of the other, and is offered no choice', async () => {
  const page = await tests.open({ path: '/predictions', user: await addClinician('One', ['Ward 1']) });
  await page.getByText('1 prediction', { exact: true }).waitFor();
  expect(await page.getByRole('combobox', { name: 'Site' }).count()).toBe(0);
  await page.goto('/classify');
  await page.getByText('Drop cell images here').waitFor();
  expect(await page.getByRole('combobox', { name: 'Site' }).count()).toBe(0);
});

test('a person without a site reads why they cannot classify', async () => {
  const [cell] = await demoFiles(1);
  if (!cell) throw new Error('There is no demo file.');
  const page = await tests.open({ path: '/classify', user: await addClinician('None', []) });
  await page.getByText('You have no site, so you cannot classify images.').waitFor();
  await checkAccessibility(page, 'classify-without-site');
  await dropFiles(page, 'input[type=file]', [cell]);
  await page.getByText('You have no site yet').waitFor();
  await page.goto('/predictions');
  await page.getByText('0 predictions', { exact: true }).waitFor();
});
