import { mkdir, readdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { drawDemoCells, writeDemoCells } from '../../server/imaging/demo-cells.js';
import { DrawnSmear } from '../../server/pixels/testing.js';
import { setUpBrowserTests } from './browser.js';
import { addAuditor, ingest, type IngestedSnapshot, startApp } from './start-app.js';

let rejected: IngestedSnapshot;
let withoutPatients: IngestedSnapshot;
let mixedCase: IngestedSnapshot;

const tests = setUpBrowserTests(async () => {
  const app = await startApp([], { WORKER: 'embedded', LOG_LEVEL: 'silent' });
  await writeDemoCells(path.join(app.ingestFolder, 'cells'), { count: 96, seed: 11 });
  await writeTintedCells(path.join(app.ingestFolder, 'two-microscopes'));
  await writeOnlyRedCells(path.join(app.ingestFolder, 'two-microscopes'), { blast: 1, lymphocyte: 3 });
  rejected = await ingest(app, app.api, { name: 'two-microscopes', folder: 'two-microscopes' });
  withoutPatients = await ingest(app, app.api, { name: 'without-patients', folder: 'cells' });
  await writeDemoCells(path.join(app.ingestFolder, 'mixed-case'), { count: 96, seed: 11 });
  await splitFolder(path.join(app.ingestFolder, 'mixed-case'), 'blast', 'Blast');
  await writeFile(path.join(app.ingestFolder, 'mixed-case', 'blast', 'notes.txt'), 'a text');
  mixedCase = await ingest(app, app.api, { name: 'mixed-case', folder: 'mixed-case' });
  return app;
});
let page: Page;

beforeEach(async () => {
  page = await tests.open({ path: '/datasets', user: tests.app.admin });
});

test('the finding that rejects a snapshot comes first, with its statistic and the image corners of both labels', async () => {
  await page.goto(`/datasets/${rejected.id}`);
  await page.getByText('Rejected', { exact: true }).waitFor();
  await page.getByText('This snapshot cannot be used for training').waitFor();
  expect(await page.getByRole('link', { name: 'Train a model' }).count()).toBe(0);

  const findings = page.getByRole('region', { name: 'Findings' }).locator('> ul > li');
  const severities = (await findings.allInnerTexts()).map((text) => text.split(':')[0]);
  expect(severities).toEqual([...severities].sort(bySeverity));
  expect(severities).toEqual(expect.arrayContaining(['Error', 'Warning', 'Note']));

  const corners = findings.filter({ hasText: 'Error: shortcut in corners' });
  expect(await corners.innerText()).toContain('different microscopes or stains');
  await corners.getByRole('img', { name: /^AUC (0\.9\d\d|1\.000) \(limit 0\.900\)$/ }).waitFor();
  for (const label of ['blast', 'lymphocyte']) {
    await corners.getByRole('img', { name: `Corners of the images of ${label}` }).waitFor();
  }
});

test('the images of a finding open in a dialog, one after the other', async () => {
  await page.goto(`/datasets/${rejected.id}`);
  const images = page.getByRole('group', { name: 'Affected images' }).first().getByRole('button');
  const shown = await images.count();
  await images.filter({ hasText: /more images$/ }).click();
  expect(await images.count()).toBeGreaterThan(shown);

  await images.first().click();
  const dialog = page.getByRole('dialog');
  const large = dialog.getByRole('img');
  await expectLoaded(large);
  const first = await large.getAttribute('src');
  await dialog.getByText(/^blast\/.+\.jpg$/).waitFor();
  await dialog.getByRole('button', { name: 'Next image' }).click();
  await expectLoaded(large);
  expect(await large.getAttribute('src')).not.toBe(first);
  await page.keyboard.press('ArrowLeft');
  await page.locator(`[role=dialog] img[src="${first}"]`).waitFor();
  await dialog.getByRole('button', { name: 'Close' }).click();
  await dialog.waitFor({ state: 'detached' });
});

test('folders whose names differ only in case are reported, and the suggested mapping makes them one class', async () => {
  await page.goto(`/datasets/${mixedCase.id}`);
  await page.getByText('Rejected', { exact: true }).waitFor();
  const findings = page.getByRole('region', { name: 'Findings' }).locator('> ul > li');
  const finding = findings.filter({ hasText: 'Error: colliding classes' });
  await finding
    .getByText(/'Blast' and 'blast'/)
    .first()
    .waitFor();
  const offered = await finding.getByRole('list', { name: 'Suggested class mapping' }).innerText();
  expect(offered.split('\n')).toEqual(['Blast as blast', 'blast as blast', 'lymphocyte as lymphocyte']);

  await finding.getByRole('button', { name: 'New snapshot with these labels' }).click();
  const dialog = page.getByRole('dialog');
  expect(await dialog.getByLabel('Name').inputValue()).toBe('mixed-case');
  expect(await dialog.getByLabel('Folder').first().inputValue()).toBe('Blast');
  await dialog.getByRole('button', { name: 'Create' }).click();

  await page.getByRole('heading', { name: 'mixed-case version 2' }).waitFor();
  await page.getByText('Ready', { exact: true }).waitFor();
  const contents = page.getByRole('region', { name: 'Contents' });
  await contents.getByText(/^1 not an image, 1 in folders that were not selected$/).waitFor();
  expect(await contents.innerText()).toMatch(/Images\s+96 images[^]*Files in total\s+98/);
  const skipped = page.getByRole('region', { name: 'Skipped files' });
  await skipped.getByRole('listitem').filter({ hasText: 'blast/notes.txt' }).waitFor();
});

test('training on a snapshot with warnings starts only after each is acknowledged, and the run lists them', async () => {
  await page.goto(`/training/new?snapshot=${withoutPatients.id}`);
  await page.getByLabel('Positive class').click();
  await page.getByRole('option', { name: /^blast/ }).click();
  await page.getByLabel('Model').fill('careless');
  await page.getByText('It is not known which images come from the same patient').waitFor();

  const start = page.getByRole('button', { name: 'Start training' });
  const known = page.getByRole('checkbox', { name: 'Acknowledge: no groups' });
  expect(await start.isDisabled()).toBe(true);
  await known.check();
  expect(await start.isDisabled()).toBe(false);
  await known.uncheck();
  expect(await start.isDisabled()).toBe(true);
  for (const box of await page.getByRole('checkbox', { name: /^Acknowledge/ }).all()) await box.check();
  await start.click();

  await page.getByRole('heading', { name: 'Training of careless' }).waitFor();
  const settings = await page.getByRole('region', { name: 'Settings' }).innerText();
  expect(settings).toMatch(/Acknowledged warnings\s+no groups/);
});

test('a schedule is created, disabled and edited, and its errors are reported', async () => {
  await page.goto('/training');
  await page.getByRole('button', { name: 'New schedule' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Model').fill('weekly');
  await dialog.getByLabel('Dataset').click();
  await page.getByRole('option', { name: 'without-patients' }).click();
  await dialog.getByLabel('Positive class').fill('blast');
  const when = dialog.getByLabel(/^Time/);
  await when.fill('0 25 * * *');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.getByRole('alert').filter({ hasText: "'0 25 * * *' is no cron expression" }).waitFor();
  await when.fill('30 3 * * 1');
  await dialog.getByLabel(/^Acknowledged warnings/).click();
  await page.getByRole('option', { name: 'no groups' }).click();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.waitFor({ state: 'detached' });

  const schedule = page.getByRole('listitem', { name: 'weekly on without-patients' });
  await schedule.getByText('every Monday at 03:30 UTC').waitFor();
  expect(await schedule.innerText()).toMatch(/Next run\s+\d+ \w+ \d{4}/);
  await schedule.getByRole('switch', { name: 'Schedule of weekly on without-patients' }).click();
  await schedule.getByText('Disabled', { exact: true }).waitFor();

  await page.reload();
  await schedule.getByText('Disabled', { exact: true }).waitFor();
  await schedule.getByRole('button', { name: 'Edit' }).click();
  await when.fill('0 4 * * *');
  await dialog.getByLabel('Enabled').check();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.waitFor({ state: 'detached' });
  await schedule.getByText('every day at 04:00 UTC').waitFor();
  // Fields that were not edited keep their values.
  expect(await schedule.innerText()).toMatch(/Positive class\s+blast/);
  expect(await schedule.innerText()).toMatch(/Acknowledged warnings\s+no groups/);
  expect(await page.getByRole('listitem', { name: /^weekly on/ }).count()).toBe(1);
});

function bySeverity(one: string | undefined, other: string | undefined): number {
  const order = ['Error', 'Warning', 'Note'];
  return order.indexOf(one ?? '') - order.indexOf(other ?? '');
}

async function expectLoaded(image: ReturnType<Page['getByRole']>): Promise<void> {
  await image.waitFor();
  // Rejects if the image is broken. A string, because this project has no DOM types for tests.
  await image.evaluate('(image) => image.decode()');
}

/** Moves half of the files of a folder to a new folder next to it. */
async function splitFolder(root: string, from: string, to: string): Promise<void> {
  await mkdir(path.join(root, to));
  const files = (await readdir(path.join(root, from))).sort();
  for (const file of files.slice(files.length / 2)) {
    await rename(path.join(root, from, file), path.join(root, to, file));
  }
}

/** Writes cells in which the blasts have a warmer colour, as from another microscope. */
async function writeTintedCells(folder: string): Promise<void> {
  for await (const { key, label, bytes } of drawDemoCells({ count: 96, seed: 12 })) {
    const gains = label === 'blast' ? [1.12, 1, 0.88] : [1, 1, 1];
    const file = path.join(folder, key);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, await sharp(bytes).linear(gains, [0, 0, 0]).jpeg({ quality: 90 }).toBuffer());
  }
}

/** Writes drawn smears without a white cell to the folders of labels, as many as given for each. */
async function writeOnlyRedCells(folder: string, counts: Readonly<Record<string, number>>): Promise<void> {
  let diameter = 30; // a different one for each image, so that there are no duplicates
  for (const [label, count] of Object.entries(counts)) {
    for (let index = 0; index < count; index++) {
      const smear = new DrawnSmear(160, 160).redCells(diameter++, () => true);
      const image = sharp(smear.pixels(), { raw: { width: 160, height: 160, channels: 3 } });
      await writeFile(path.join(folder, label, `only-red-cells-${index}.jpg`), await image.jpeg().toBuffer());
    }
  }
}

test('images without a white cell are shown for each label, with the share of each', async () => {
  await page.goto(`/datasets/${rejected.id}`);
  const findings = page.getByRole('region', { name: 'Findings' }).locator('> ul > li');
  const noCell = findings.filter({ hasText: /Warning: no cell/ });
  expect(await noCell.innerText()).toMatch(/blast \d of 49 \(\d %\), lymphocyte 3 of 51 \(6 %\)/); // the tint hides a few blasts
  await noCell.getByRole('img', { name: /^Largest share of a label 0\.\d\d\d \(limit 0\.050\)$/ }).waitFor();
  const images = noCell.getByRole('group', { name: 'Affected images' });
  expect(await images.innerText()).toMatch(/^blast\s+lymphocyte/i);
  expect(await images.getByRole('button').count()).toBeGreaterThanOrEqual(4);

  const scale = findings.filter({ hasText: 'Note: scale' });
  await scale.getByRole('img', { name: /^AUC 0\.\d\d\d$/ }).waitFor();
});

test('an auditor sees the findings and labels of a snapshot, but no file names, patients and images', async () => {
  page = await tests.open({ path: `/datasets/${mixedCase.id}`, user: await addAuditor(tests.app) });
  await page.getByText('Your role does not show the images, file names and patients of datasets.').waitFor();
  await page.getByText('Your role does not show examples of findings').waitFor();
  const findings = page.getByRole('region', { name: 'Findings' });
  expect(await findings.locator('> ul > li').count()).toBeGreaterThan(0);
  const text = await page.getByRole('main').innerText();
  expect(text).toContain('lymphocyte');
  expect(text).not.toMatch(/\.(png|jpe?g|txt)\b/);
  expect(await page.getByRole('main').locator('img').count()).toBe(0);
  expect(await page.getByRole('alert').filter({ hasText: 'may not' }).count()).toBe(0);
});
