import { cp } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { writeDemoCells } from '../../server/imaging/demo-cells.js';
import { startServer } from '../../server/testing.js';
import { isTensorFlowInstalled } from '../../training/tensorflow/install-tensorflow.js';
import { setUpBrowserTests } from './browser.js';

const tests = setUpBrowserTests(async () => {
  const server = await startServer({ env: { WORKER: 'embedded', LOG_LEVEL: 'silent' } });
  const cells = path.join(server.ingestFolder, 'cells');
  await writeDemoCells(cells, { count: 96, seed: 11, size: 64 });
  await cp(path.join(cells, 'blast'), path.join(server.ingestFolder, 'one-class', 'blast'), {
    recursive: true,
  });
  return server;
});
let page: Page;

beforeEach(async () => {
  page = await tests.open({ path: '/datasets', user: tests.app.admin });
});

test('a source that is not allowed, and a source with a single class, are refused with the reason', async () => {
  await createSnapshot({ name: 'cells', source: 'file:/etc' });
  await page.getByRole('dialog').getByRole('alert').filter({ hasText: '/etc' }).waitFor();
  await page.keyboard.press('Escape');

  await createSnapshot({ name: 'lonely', source: `file:${path.join(tests.app.ingestFolder, 'one-class')}` });
  await page.getByRole('heading', { name: 'lonely version 1' }).waitFor();
  await page.getByText('Error: one class').waitFor();
  expect(await page.getByRole('link', { name: 'Train a model' }).count()).toBe(0);
});

test('a snapshot is ingested with visible progress, and shows its contents', async () => {
  const source = `file:${path.join(tests.app.ingestFolder, 'cells')}`;
  await createSnapshot({ name: 'cells', source, groupsCsv: 'groups.csv' });
  await page.getByRole('heading', { name: 'cells version 1' }).waitFor();
  await page.getByText('Ready', { exact: true }).waitFor();
  expect(await page.getByText('blast 48').isVisible()).toBe(true);

  const images = page.getByRole('region', { name: 'Images' });
  await images.getByText('48 of 96').waitFor();
  await images.getByRole('button', { name: 'Show more' }).click();
  await images.getByText('96 of 96').waitFor();
  await images.getByRole('combobox', { name: 'Label' }).click();
  await page.getByRole('option', { name: 'lymphocyte' }).click();
  await images.getByText('48 of 48').waitFor();
});

(isTensorFlowInstalled() ? describe : describe.skip)('training', () => {
  test('a run shows its curves during training, and creates a version', async () => {
    await startRun({ epochs: '3' });
    const curves = page.getByRole('region', { name: 'Curves' });
    await curves.getByText('Epoch 3:').waitFor();
    expect(await curves.locator('figure').count()).toBe(2);
    await page.getByText('Succeeded', { exact: true }).waitFor();

    await page.getByRole('link', { name: 'Open version 1' }).click();
    await page.getByRole('heading', { name: 'watched version 1' }).waitFor();
    await page
      .getByRole('heading', { name: /^Evaluation/ })
      .first()
      .waitFor();
    await page.getByRole('region', { name: 'Model card' }).getByRole('heading').nth(1).waitFor();
    await page.getByRole('link', { name: 'cells version 1' }).first().waitFor();
  });

  test('a run with several members shows a line for each', async () => {
    await startRun({ epochs: '2', members: '2' });
    const curves = page.getByRole('region', { name: 'Curves' });
    await curves.getByText('Member 2, epoch 2:').waitFor();
    for (const title of ['Training loss', 'Validation loss', 'Validation AUC']) {
      const chart = curves.getByRole('figure', { name: title });
      expect(await chart.getByText(/^Member/).allInnerTexts()).toEqual(['Member 1', 'Member 2']);
    }
    await page.getByText('Succeeded', { exact: true }).waitFor();
  });

  test('a run can be cancelled', async () => {
    await startRun({ epochs: '400' });
    await page.getByRole('button', { name: 'Cancel run' }).click();
    await page.getByText('The run was cancelled').waitFor();
  });
});

interface Source {
  name: string;
  source: string;
  groupsCsv?: string;
}

async function createSnapshot({ name, source, groupsCsv }: Source): Promise<void> {
  await page.goto('/datasets');
  await page.getByRole('button', { name: 'New snapshot' }).click();
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Source').fill(source);
  if (groupsCsv !== undefined) await page.getByLabel('Groups CSV').fill(groupsCsv);
  await page.getByRole('button', { name: 'Create', exact: true }).click();
}

/** Starts a run from the snapshot's page, after an error in the form was reported. */
async function startRun({ epochs, members }: { epochs: string; members?: string }): Promise<void> {
  await page.goto('/datasets');
  await page.getByRole('link', { name: 'cells version 1' }).click();
  await page.getByRole('link', { name: 'Train a model' }).click();
  await page.getByLabel('Positive class').click();
  await page.getByRole('option', { name: /^blast/ }).click();
  await page.getByLabel('Model').fill('watched');
  await page.getByLabel('Epochs').fill(epochs);
  if (members !== undefined) await page.getByLabel('Ensemble members').fill(members);
  await page.getByLabel('Seed').fill('7');
  await page.getByRole('button', { name: 'Add parameter' }).click();
  await page.getByRole('textbox', { name: 'Parameter' }).fill('inputSize');
  await page.getByRole('textbox', { name: 'Value' }).fill('33');
  await page.getByRole('button', { name: 'Start training' }).click();
  await page.getByRole('alert').filter({ hasText: 'inputSize' }).waitFor();
  await page.getByRole('textbox', { name: 'Value' }).fill('32');
  await page.getByRole('button', { name: 'Start training' }).click();
  await page.getByRole('heading', { name: 'Training of watched' }).waitFor();
}
