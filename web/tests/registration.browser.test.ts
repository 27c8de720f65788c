import type { Page } from 'playwright-core';
import { randomArtifact } from '../../server/artifact/testing.js';
import { dropFiles, setUpBrowserTests } from './browser.js';
import { classifyElsewhere, demoFiles, startApp } from './start-app.js';

const tests = setUpBrowserTests(() => startApp([{ seed: 1 }]));
let page: Page;

beforeEach(async () => {
  page = await tests.open({ path: '/models', user: tests.app.admin });
});

test('a version trained elsewhere is registered from its files, and a faulty file is reported', async () => {
  const { manifest, modelJson, weights } = randomArtifact({ seed: 7 });
  await page.getByRole('button', { name: 'Register a model' }).click();
  const dialog = page.getByRole('dialog');
  const drop = (name: string, bytes: Uint8Array) =>
    dropFiles(page, '[role=dialog] input[type=file]', [{ name, bytes }]);
  await drop('weights.bin', weights);
  await drop('readme.md', Buffer.from('Read me.'));
  await dialog.getByRole('alert').filter({ hasText: 'readme.md' }).waitFor();
  await drop('model.json', modelJson);
  expect(await dialog.getByRole('button', { name: 'Register' }).isDisabled()).toBe(true);
  await drop('manifest.json', Buffer.from('no JSON'));
  await dialog.getByRole('textbox', { name: 'Model', exact: false }).first().fill('from-elsewhere');
  await dialog.getByRole('textbox', { name: /^Model card/ }).fill('# Learned in another house');
  await dialog.getByRole('button', { name: 'Register' }).click();
  await dialog.getByText('manifest.json: The file is not valid JSON.').waitFor();

  await drop('manifest.json', Buffer.from(JSON.stringify(manifest)));
  await dialog.getByRole('button', { name: 'Register' }).click();
  await page.getByRole('heading', { name: 'from-elsewhere version 1' }).waitFor();
  await page.getByRole('heading', { name: 'Learned in another house' }).waitFor();
  await page.getByText('Ready', { exact: true }).waitFor();
});

test('monitoring shows the results of a model in a time window, and the champion at a given time', async () => {
  for (const file of await demoFiles(3)) await classifyElsewhere(tests.app.api, file, 'watched');
  await page.goto('/models/screening');
  await page.getByRole('link', { name: 'Monitoring' }).click();
  await page.getByRole('heading', { name: 'Monitoring of screening' }).waitFor();
  const answers = page.getByRole('region', { name: 'Results' });
  await answers.getByRole('definition').filter({ hasText: /^3$/ }).waitFor();
  await answers.getByText('no reviews yet').waitFor();

  await page.getByRole('combobox', { name: 'Time window' }).click();
  await page.getByRole('option', { name: 'Custom dates' }).click();
  await page.getByText('Choose a start date').waitFor();
  await page.getByLabel('From date').fill('2020-01-01');
  await page.waitForURL(/from=2020-01-01/);
  await page.getByLabel('To date').fill('2020-01-31');
  await page.getByText('No predictions in this time window').waitFor();

  await page.getByLabel('Date and time').fill('2020-01-01T12:00');
  await page.getByText('No version was champion').waitFor();
  await page.getByLabel('Date and time').fill('2100-01-01T12:00');
  await page.getByRole('status').getByRole('link', { name: 'Version 1' }).waitFor();
});
