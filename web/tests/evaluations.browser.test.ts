import path from 'node:path';
import type { Page } from 'playwright-core';
import { createDatabase } from '../../server/database/client.js';
import { newId } from '../../server/database/ids.js';
import { writeDemoCells } from '../../server/imaging/demo-cells.js';
import { isTensorFlowInstalled } from '../../training/tensorflow/install-tensorflow.js';
import { setUpBrowserTests } from './browser.js';
import { ingest, registerVersions, startApp } from './start-app.js';

const tests = setUpBrowserTests(async () => {
  const app = await startApp([{ seed: 1 }], { WORKER: 'embedded', LOG_LEVEL: 'silent' });
  await writeDemoCells(path.join(app.ingestFolder, 'cells'), { count: 48, seed: 13 });
  const { digest } = await ingest(app, app.api, { name: 'cells', folder: 'cells', groupsCsv: 'groups.csv' });
  const provenance = { snapshotDigest: digest, seed: 2, parameters: {}, codeRevision: null, libraries: {} };
  await registerVersions(app, [{ seed: 2, manifest: { provenance } }]);
  return app;
});
let page: Page;

beforeEach(async () => {
  page = await tests.open({ path: '/models', user: tests.app.admin });
});

test('a version that was not evaluated on this server shows its reported metrics', async () => {
  await openVersion('Version 1');
  const reported = page.getByRole('region', { name: 'Reported metrics, validation split' });
  await reported.getByText('100 images of 10 patients or slides').waitFor();
  expect(await reported.innerText()).toMatch(/AUC\s+0\.900\s+95 % CI 0\.850 to 0\.940/);
  expect(await reported.locator('figure').count()).toBe(2);
});

test('a version cannot be evaluated on its training data', async () => {
  await openVersion('Version 2');
  await evaluateOn('cells version 1');
  await page.getByRole('dialog').getByRole('alert').filter({ hasText: 'Not a valid evaluation' }).waitFor();
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
  expect(await page.getByRole('region', { name: 'Evaluation', exact: true }).count()).toBe(0);
});

test('an evaluation that waits for a worker can be cancelled', async () => {
  const database = createDatabase(tests.app.databaseUrl, 1);
  const version = await database.modelVersion.findFirstOrThrow({ where: { version: 2 } });
  const snapshot = await database.datasetSnapshot.findFirstOrThrow();
  const pair = { modelVersionId: version.id, datasetSnapshotId: snapshot.id };
  const id = newId('eval');
  await database.evaluation.create({ data: { id, status: 'QUEUED', ...pair } });
  await database.$disconnect();
  await openVersion('Version 2');
  const evaluation = page.getByRole('region', { name: 'Evaluation', exact: true });
  await evaluation.getByText('Starts when a worker is free.').waitFor();
  await evaluation.getByRole('button', { name: 'Cancel evaluation' }).click();
  await evaluation.getByText('The evaluation was cancelled. It has no metrics.').waitFor();
  expect(await evaluation.getByRole('button', { name: 'Cancel evaluation' }).count()).toBe(0);
});

(isTensorFlowInstalled() ? test : test.skip)(
  'a version is evaluated on a snapshot with visible progress, and the list of versions then shows its metrics',
  async () => {
    await openVersion('Version 1');
    await evaluateOn('cells version 1');
    const evaluation = page.getByRole('region', { name: 'Evaluation', exact: true });
    await evaluation.getByText('48 images of 12 patients or slides').waitFor();
    await evaluation.getByText('Overlap with the training data could not be checked').waitFor();
    const figures = await evaluation.innerText();
    for (const name of ['AUC', 'Sensitivity', 'Specificity', 'Balanced accuracy']) {
      expect(figures).toMatch(
        new RegExp(`${name}\\s+[01]\\.\\d{3}\\s+95 % CI [01]\\.\\d{3} to [01]\\.\\d{3}`),
      );
    }
    for (const name of ['Calibration error', 'Brier score', 'Withheld']) {
      expect(figures).toMatch(new RegExp(`${name}\\s+\\d+\\.\\d+`));
    }
    expect(await evaluation.locator('figure').count()).toBe(2);
    await evaluation.getByRole('table', { name: 'Confusion matrix' }).waitFor();

    await page.goto('/models/screening');
    const versions = page.getByRole('table', { name: 'Versions' });
    const rowOf = (name: string) =>
      versions.getByRole('row').filter({ has: page.getByRole('link', { name }) });
    await rowOf('Version 1').waitFor();
    expect(await rowOf('Version 1').innerText()).not.toContain('Reported, not measured here');
    expect(await rowOf('Version 2').innerText()).toMatch(
      /0\.900 \(0\.850 to 0\.940\)\s+Reported, not measured here/,
    );
  },
);

async function openVersion(name: string): Promise<void> {
  await page.goto('/models/screening');
  await page.getByRole('table', { name: 'Versions' }).getByRole('link', { name, exact: true }).click();
  await page.getByRole('heading', { level: 1, name: /^screening version/ }).waitFor();
}

async function evaluateOn(snapshot: string): Promise<void> {
  await page.getByRole('button', { name: 'Evaluate' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Snapshot').click();
  await page.getByRole('option', { name: snapshot }).click();
  await dialog.getByRole('button', { name: 'Evaluate' }).click();
}
