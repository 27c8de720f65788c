import path from 'node:path';
import type { Page } from 'playwright-core';
import { createDatabase } from '../../server/database/client.js';
import { newId } from '../../server/database/ids.js';
import { writeDemoCells } from '../../server/imaging/demo-cells.js';
import { setUpBrowserTests } from './browser.js';
import { ingest, startApp } from './start-app.js';

const tests = setUpBrowserTests(async () => {
  const app = await startApp([{ seed: 3 }], { WORKER: 'embedded', LOG_LEVEL: 'silent' });
  await writeDemoCells(path.join(app.ingestFolder, 'cells'), { count: 60, seed: 13 });
  await ingest(app, app.api, { name: 'cells', folder: 'cells', groupsCsv: 'groups.csv' });
  return app;
});
let page: Page;

beforeEach(async () => {
  page = await tests.open({ path: '/models', user: tests.app.admin });
});

async function openForm(): Promise<void> {
  await page.goto('/models/screening');
  await page
    .getByRole('table', { name: 'Versions' })
    .getByRole('link', { name: 'Version 1', exact: true })
    .click();
  await page.getByRole('link', { name: 'Fit to this laboratory' }).click();
  await page.getByRole('heading', { level: 1, name: 'Fit to this laboratory' }).waitFor();
}

test('a version without reviewed cells says how many are missing', async () => {
  await openForm();
  const cells = page.getByRole('region', { name: 'Cells of this fit' });
  await cells.getByText('A fit needs at least 5 cells of each class.').waitFor();
  await cells.getByText('To become champion, the fitted version also needs an evaluation').waitFor();
  expect(await page.getByRole('button', { name: 'Start fit' }).isDisabled()).toBe(true);
});

test('a fit that waits for a worker can be cancelled', async () => {
  const database = createDatabase(tests.app.databaseUrl, 1);
  const { id: modelVersionId } = await database.modelVersion.findFirstOrThrow({ where: { version: 1 } });
  const { id: datasetSnapshotId } = await database.datasetSnapshot.findFirstOrThrow();
  const { id: createdById } = await database.user.findFirstOrThrow();
  const id = newId('fit');
  await database.fit.create({
    data: {
      ...{ id, status: 'QUEUED', modelVersionId, datasetSnapshotId, createdById, warnings: [] },
      cellsDigest: '0'.repeat(64),
      counts: {
        ...{ cellCount: 1, positiveCount: 1, negativeCount: 0, patientCount: null, withoutPatientCount: 1 },
        ...{ relabelledCount: 0, excluded: [] },
      },
    },
  });
  await database.$disconnect();
  await page.goto(`/fits/${id}`);
  await page.getByText('Starts when a worker is free.').waitFor();
  await page.getByRole('button', { name: 'Cancel fit' }).click();
  await page.getByText('The fit was cancelled. It made no version.').waitFor();
});
