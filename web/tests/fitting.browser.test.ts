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

/** Stores reviewed predictions for the images of the snapshot: `agreeing` with the answer of the version, and `differing` from it. */
async function storeReviewed(agreeing: number, differing: number): Promise<void> {
  const database = createDatabase(tests.app.databaseUrl, 1);
  const version = await database.modelVersion.findFirstOrThrow({
    where: { version: 1, model: { name: 'screening' } },
  });
  const { id: reviewerId } = await database.user.findFirstOrThrow();
  const items = await database.datasetItem.findMany({ take: agreeing + differing });
  for (const [index, { imageSha256 }] of items.entries()) {
    const [label, other] = version.classes.toSorted(() => (index % 2 === 0 ? 1 : -1));
    const id = newId('pred');
    await database.prediction.create({
      data: {
        ...{ id, imageSha256, modelVersionId: version.id, outcome: 'CLASSIFIED', label: label ?? '' },
        ...{ confidence: 0.9, probabilities: [0.1, 0.9], outOfDistributionScore: 0, qualityWarnings: [] },
        ...{ decodeMs: 1, queueMs: 1, inferenceMs: 1, totalMs: 1, evidence: Buffer.alloc(4) },
      },
    });
    const agreesWithModel = index < agreeing;
    await database.review.create({
      data: {
        ...{ id: newId('rev'), predictionId: id, reviewerId, origin: 'RANDOM_SAMPLE', agreesWithModel },
        label: (agreesWithModel ? label : other) ?? '',
      },
    });
  }
  await database.$disconnect();
}

test('labels are looked at again before a fit, with keys, without label and answer, and the fit uses them', async () => {
  await storeReviewed(12, 2);
  await openForm();
  await page.getByRole('button', { name: 'Look at the labels again' }).click();
  await page.getByRole('heading', { level: 1, name: 'Second look at labels' }).waitFor();
  const picture = page.getByRole('img', { name: 'The cell to label' });
  const status = page.getByRole('status');
  await status.getByText('0 of 4 cells labelled again.').waitFor();
  const first = await picture.getAttribute('src');
  await picture.evaluate((image: any) => image.decode()); // rejects if there is no picture
  expect(await page.getByText(/confidence|predicted|reviewed/i).count()).toBe(0);

  await page.keyboard.press('ArrowRight');
  expect(await picture.getAttribute('src')).not.toBe(first);
  await page.keyboard.press('c');
  await status.getByText('1 of 4 cells labelled again.').waitFor();
  await page.keyboard.press('1');
  await status.getByText('2 of 4 cells labelled again.').waitFor();
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('2'); // corrects the answer to the same cell
  await page.getByRole('button', { name: 'Back' }).waitFor();
  await status.getByText('2 of 4 cells labelled again.').waitFor();
  await page.reload();
  await status.getByText('2 of 4 cells labelled again.').waitFor();
  await page.keyboard.press('1');
  await status.getByText('3 of 4 cells labelled again.').waitFor();
  await page.getByRole('button', { name: 'Cannot tell' }).click();
  await page.getByText(/All cells are labelled again: .* 2 cells without a label now\./).waitFor();
  await page.getByRole('link', { name: 'Go to the fit' }).click();
  await page.getByText('2 cells without a label: not a cell, or the reviewer could not tell').waitFor();
});
