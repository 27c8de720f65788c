import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { writeDemoCells } from '../../server/imaging/demo-cells.js';
import { signIn, setUpBrowserTests } from './browser.js';
import { addAuditor, startApp } from './start-app.js';

const tests = setUpBrowserTests(async () => {
  const app = await startApp([{ seed: 1 }, { seed: 2 }], { WORKER: 'embedded', LOG_LEVEL: 'silent' });
  const slides = path.join(app.ingestFolder, 'slides');
  await writeDemoCells(slides, { count: 12, seed: 4, size: 64 });
  await writeFile(path.join(slides, 'blast', 'broken.png'), 'no image');
  await writeFile(path.join(slides, '.DS_Store'), 'Bud1');
  return app;
});
let page: Page;

beforeEach(async () => {
  page = await tests.open();
});

test('every image of a folder is classified, unreadable files are listed, and the history shows its predictions', async () => {
  await page.goto('/classify');
  await signIn(page, tests.app.admin);
  await page.getByRole('link', { name: 'Classify folders' }).click();
  await page.getByText('No folder has been classified yet').waitFor();
  await page.getByRole('button', { name: 'Classify a folder' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Source').fill('file:/etc');
  await dialog.getByRole('button', { name: 'Classify', exact: true }).click();
  await page.getByRole('button', { name: 'No case' }).click();
  await dialog.getByRole('alert').filter({ hasText: '/etc' }).waitFor();

  await dialog.getByLabel('Source').fill(`file:${path.join(tests.app.ingestFolder, 'slides')}`);
  await dialog.getByLabel('Case reference').fill('Slide 12');
  await dialog.getByRole('combobox', { name: 'Model' }).click();
  await page.getByRole('option', { name: 'screening: version 2' }).click();
  await dialog.getByRole('button', { name: 'Classify', exact: true }).click();

  await page.getByText('Succeeded', { exact: true }).waitFor();
  const summary = page.getByRole('region', { name: 'Summary' });
  await summary.getByText('12 predictions').waitFor();
  await summary.getByRole('link', { name: 'screening version 2' }).waitFor();
  await summary.getByRole('link', { name: 'Slide 12' }).waitFor(); // the page of the case
  await summary.getByText(/^1 could not be read, 1 not an image, 1 system file/).waitFor();
  expect(await summary.innerText()).toMatch(/Files in total\s+15/);
  const texts = page.getByRole('region', { name: 'Files that are not images' });
  await texts.getByRole('listitem').filter({ hasText: 'groups.csv' }).waitFor();
  const failed = page.getByRole('region', { name: 'Files that could not be read' });
  await failed.getByRole('listitem').filter({ hasText: 'blast/broken.png' }).getByText(/image/).waitFor();

  const predictions = page.getByRole('region', { name: 'Predictions' });
  await predictions.getByRole('row').nth(10).waitFor();
  await predictions.getByRole('button', { name: 'Next page' }).click();
  await predictions.getByRole('button', { name: 'Next page', disabled: true }).waitFor();
  expect(await predictions.getByRole('row').count()).toBe(1 + 2);

  await page.getByRole('link', { name: /in the history$/ }).click();
  await page.getByText('12 predictions matching the filters').waitFor();
});

test('an auditor sees the folders but cannot start a classification', async () => {
  const auditor = await addAuditor(tests.app);
  await page.goto('/predictions');
  await signIn(page, auditor);
  await page.getByRole('link', { name: 'Folders' }).click();
  await page.getByRole('link', { name: /slides$/ }).click();
  await page.getByRole('region', { name: 'Summary' }).waitFor();
  await page.getByRole('link', { name: 'Folders' }).click();
  await page.getByRole('link', { name: /slides$/ }).waitFor();
  expect(await page.getByRole('button', { name: 'Classify a folder' }).count()).toBe(0);
});
