import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { checkAccessibility, pressByKeyboard } from './accessibility.js';
import { setUpBrowserTests } from './browser.js';
import { addEngineer, classifyElsewhere, demoFiles, startApp } from './start-app.js';

const CASE = 'A-17/2';

const tests = setUpBrowserTests(() => startApp([{ seed: 1 }], { WORKER: 'embedded' }));

/** The number of images in the object store. */
async function storedImages(): Promise<number> {
  const images = path.join(tests.app.dataDir, 'objects/images');
  const entries = await readdir(images, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).length;
}

test('an administrator finds a case in the history and erases it, by keyboard alone', async () => {
  const [cell, otherCell] = await demoFiles(2);
  if (!cell || !otherCell) throw new Error('There are no demo cells.');
  const { api } = tests.app;
  await classifyElsewhere(api, cell, CASE);
  await classifyElsewhere(api, otherCell, 'B-18');
  const before = await storedImages();
  const page = await tests.open({
    path: `/predictions?case=${encodeURIComponent(CASE)}`,
    user: tests.app.admin,
  });
  await page.getByText('1 prediction matching the filters').waitFor();

  await pressByKeyboard(page, 'button', 'Erase this case…');
  const dialog = page.getByRole('dialog', { name: 'Erase case' });
  await dialog.getByText('Images to delete').waitFor();
  const erase = dialog.getByRole('button', { name: 'Erase permanently' });
  expect(await erase.isDisabled()).toBe(true);
  await page.keyboard.type('A-17/');
  expect(await erase.isDisabled()).toBe(true);
  await page.keyboard.type('2');
  expect(await erase.isDisabled()).toBe(false);
  await checkAccessibility(page, 'erase-case');
  await page.keyboard.press('Tab');
  await page.keyboard.type(`Requested for ${CASE}`);
  await pressByKeyboard(page, 'button', 'Erase permanently');
  await dialog.getByText('The reason contains the case reference').waitFor();
  await dialog.getByLabel('Reason').fill('The patient has withdrawn consent.');
  await pressByKeyboard(page, 'button', 'Erase permanently');
  const result = page.getByRole('dialog', { name: 'The case was erased' });
  await result.getByText('1 prediction, 0 reviews and 0 fields were removed').waitFor();
  await checkAccessibility(page, 'case-erased');
  await page.keyboard.press('Enter');

  await result.waitFor({ state: 'detached' });
  await page.waitForURL((url) => !url.search.includes('case='));
  await page.getByText('1 prediction', { exact: true }).waitFor(); // of another case
  await page.goto('/audit?action=CASE_ERASED');
  const row = page.getByRole('region', { name: 'Events' }).locator('tbody tr').first();
  await row.getByText('The patient has withdrawn consent.').waitFor();
  expect(await row.innerText()).not.toContain(CASE);
  for (let tries = 0; (await storedImages()) >= before && tries < 2_000; tries++) await setTimeout(200);
  expect(await storedImages()).toBe(before - 1);
});

test('an engineer is not offered to erase a case', async () => {
  const page = await tests.open({
    path: '/predictions?case=other',
    user: await addEngineer(tests.app, 'Ada'),
  });
  await page.getByText('No predictions match these filters').waitFor();
  expect(await page.getByRole('button', { name: 'Erase this case…' }).count()).toBe(0);
});
