import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { pino } from 'pino';
import sharp from 'sharp';
import { readArtifact } from '../server/artifact/artifact-store.js';
import { sha256 } from '../server/artifact/artifact.js';
import { readTrainingData } from '../server/artifact/training-data.js';
import { randomArtifact } from '../server/artifact/testing.js';
import { createTestDatabase, type TestDatabase } from '../server/database/testing.js';
import { newId } from '../server/database/ids.js';
import { FitFigures } from '../server/features/fitting/fit-figures.js';
import { fits } from '../server/features/fitting/fit-lifecycle.js';
import { registerArtifact } from '../server/features/models/testing.js';
import { drawField } from '../server/features/predictions/fields/testing.js';
import { requestCancel } from '../server/jobs/job-table.js';
import { artifactPrefix, imageKey } from '../server/storage/keys.js';
import type { ObjectStore } from '../server/storage/object-store.js';
import { openObjectStore } from '../server/storage/open-object-store.js';
import { storeDemoSnapshot } from '../training/testing.js';
import { fitVersion } from './fit-version.js';

const log = pino({ level: 'silent' });

let folder: string;
let db: TestDatabase;
let store: ObjectStore;
let base: { id: string; modelId: string; version: number };
let snapshotId: string;
let userId: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cytograph-fit-'));
  db = await createTestDatabase();
  const noS3 = { endpoint: null, region: 'us-east-1', credentials: null };
  store = openObjectStore(`file:${join(folder, 'objects')}`, noS3);
  snapshotId = await storeDemoSnapshot(db.database, store, 'demo');
  base = await registerArtifact(
    { database: db.database, store },
    'reference',
    randomArtifact({ seed: 3, inputSize: 32 }),
  );
  userId = newId('user');
  await db.database.user.create({
    data: { id: userId, email: 'engineer@example.org', displayName: 'Engineer' },
  });
});

afterAll(async () => {
  store.close();
  await db.drop();
  await rm(folder, { recursive: true });
});

const counts = {
  ...{ cellCount: 120, positiveCount: 60, negativeCount: 60, patientCount: 12, withoutPatientCount: 0 },
  ...{ relabelledCount: 0, excluded: [{ reason: 'TRAINING_PATIENT', count: 3 }] },
};

let digests = 0;

async function queueFit(
  changed: { datasetSnapshotId?: string | null; modelVersionId?: string; secondLabels?: object } = {},
): Promise<string> {
  const id = newId('fit');
  await db.database.fit.create({
    data: {
      ...{ id, status: 'QUEUED', modelVersionId: base.id, datasetSnapshotId: snapshotId, counts },
      ...{ warnings: ['A warning.'], cellsDigest: String(digests++), createdById: userId },
      ...changed,
    },
  });
  return id;
}

const carryOut = (id: string, attempt = 1, signal = new AbortController().signal, from = store) =>
  fitVersion({ database: db.database, store: from, log, threads: 1 }, id, { signal, attempt });

const find = (id: string) =>
  db.database.fit.findUniqueOrThrow({ where: { id }, include: { fittedVersion: true } });

/** The store with a different way of reading. */
const readingBy = (get: ObjectStore['get']): ObjectStore => Object.assign(Object.create(store), { get });

test('a fit registers a version with the same network, new rules and the figures before and after', async () => {
  const id = await queueFit();
  await carryOut(id);
  const fit = await find(id);
  expect(fit).toMatchObject({ status: 'SUCCEEDED', error: null, doneCount: 120 });
  const { fittedVersion } = fit;
  expect(fittedVersion).toMatchObject({
    ...{ version: base.version + 1, status: 'READY', createdById: userId, trainedElsewhere: false },
    description: `Fitted from version ${base.version}.`,
  });
  const read = (version: number) => readArtifact(store, artifactPrefix('reference', version), null);
  const [before, after] = [await read(base.version), await read(fittedVersion?.version ?? 0)];
  expect(after.manifest.files).toEqual(before.manifest.files);
  expect(after.digest).toBe(fittedVersion?.digest);
  expect(after.manifest.calibration).not.toEqual(before.manifest.calibration);
  expect(after.manifest.fit).toMatchObject({
    base: before.digest,
    cells: { excluded: { trainingImages: 0, trainingPatients: 3 } },
    warnings: ['A warning.'],
  });

  const items = await db.database.datasetItem.findMany({ where: { snapshotId } });
  const known = after.manifest.fit && readTrainingData(after.manifest.fit.cells.trainingData);
  const used = items.filter(({ imageSha256 }) => known?.hasImage(imageSha256));
  expect(used.length).toBeGreaterThan(100);
  expect(used.every(({ group }) => known?.hasGroup(group ?? ''))).toBe(true);

  const figures = FitFigures.parse(fit.figures);
  expect(figures.before.itemCount).toBe(used.length);
  expect(figures.after.groupCount).toBe(12);
  expect(figures.original).toBeNull();
  expect(figures.hasIntervals).toBe(true);
  expect(figures.difference?.brierScore).toEqual({
    estimate: expect.any(Number),
    interval: [expect.any(Number), expect.any(Number)],
  });
  expect(figures.before.auc).not.toMatchObject({ lower: 0, upper: 1 });
  for (const { scoreDistribution, selectiveErrorCurve } of [figures.before, figures.after]) {
    const all = scoreDistribution.reduce((sum, { negative, positive }) => sum + negative + positive, 0);
    expect(all).toBe(used.length);
    expect(selectiveErrorCurve.at(-1)?.x).toBe(1);
  }
  expect(fittedVersion?.modelCard).toContain('## Before and after');
  expect(fittedVersion?.modelCard).toContain('# A test model');
});

test('a fit of a version that was trained elsewhere was trained elsewhere too', async () => {
  const uploaded = await registerArtifact(
    { database: db.database, store },
    'uploaded',
    randomArtifact({ seed: 4, inputSize: 32 }),
    { trainedElsewhere: true, createdById: userId },
  );
  const id = await queueFit({ modelVersionId: uploaded.id });
  await carryOut(id);
  expect(await find(id)).toMatchObject({ status: 'SUCCEEDED', fittedVersion: { trainedElsewhere: true } });
});

test('a fit to the cells of an earlier fit fails and names that version', async () => {
  const id = await queueFit();
  await carryOut(id);
  expect(await find(id)).toMatchObject({
    status: 'FAILED',
    error: expect.stringMatching(/^Version \d+ was fitted to exactly these cells\./),
    fittedVersionId: null,
  });
});

/** Stores a field and returns the columns of the predictions of its cells. */
async function storeField(bytes: Buffer, { width, height }: { width: number; height: number }) {
  const imageSha256 = sha256(bytes);
  const fieldId = newId('field');
  await store.put(imageKey(imageSha256), bytes);
  await db.database.image.create({
    data: { sha256: imageSha256, width, height, byteSize: bytes.length, mediaType: 'image/png' },
  });
  await db.database.field.create({
    data: { id: fieldId, imageSha256, modelVersionId: base.id, leftOut: [], qualityWarnings: [] },
  });
  return { imageSha256, fieldId };
}

async function addCell(
  fitId: string,
  labels: { label: string; originalLabel: string },
  prediction: {
    imageSha256: string;
    caseReference: string | null;
    fieldId?: string;
    region?: number[];
    frame?: number[];
  },
): Promise<void> {
  const predictionId = newId('pred');
  await db.database.prediction.create({
    data: {
      ...{ id: predictionId, modelVersionId: base.id, outcome: 'CLASSIFIED', label: 'blast' },
      ...{ confidence: 0.9, probabilities: [0.1, 0.9], outOfDistributionScore: 0, qualityWarnings: [] },
      ...{ decodeMs: 1, queueMs: 1, inferenceMs: 1, totalMs: 1, evidence: Buffer.alloc(4) },
      ...prediction,
    },
  });
  await db.database.fitCell.create({ data: { fitId, predictionId, ...labels } });
}

test('reviewed predictions are fitted by their region, with the figures of their first labels too', async () => {
  const id = await queueFit({ datasetSnapshotId: null });
  const of = { where: { snapshotId }, take: 40 };
  const items = await db.database.datasetItem.findMany({ ...of, orderBy: { key: 'asc' } });
  const more = await db.database.datasetItem.findMany({ ...of, orderBy: { key: 'desc' } });
  for (const [index, { imageSha256, label }] of [...items, ...more].entries()) {
    const originalLabel = index === 0 ? 'normal' : label;
    await addCell(id, { label, originalLabel }, { imageSha256, caseReference: `${label} ${index % 3}` });
  }
  const field = await storeField(await drawField([[200, 200]]), { width: 640, height: 480 });
  const region = [150, 150, 100, 100];
  await addCell(id, { label: 'blast', originalLabel: 'blast' }, { ...field, region, caseReference: null });
  await carryOut(id);
  const fit = await find(id);
  expect(fit).toMatchObject({ status: 'SUCCEEDED', doneCount: 81 });
  const { original, before, after, hasIntervals, difference } = FitFigures.parse(fit.figures);
  expect(hasIntervals).toBe(false); // too few patients
  for (const { auc, sensitivity, specificity, balancedAccuracy } of [before, after])
    for (const figure of [auc, sensitivity, specificity, balancedAccuracy])
      expect(figure).toMatchObject({ lower: 0, upper: 1 });
  expect(difference?.brierScore).toEqual({ estimate: expect.any(Number), interval: null });
  expect(original?.after.itemCount).toBe(after.itemCount);
  expect(original?.after.confusionMatrix).not.toEqual(after.confusionMatrix);
});

test('cells that a second look left out are only in the figures with the first labels, and are counted', async () => {
  const items = await db.database.datasetItem.findMany({
    where: { snapshotId },
    orderBy: { key: 'asc' },
    take: 3,
  });
  const id = await queueFit({ secondLabels: Object.fromEntries(items.map(({ key }) => [key, null])) });
  await carryOut(id);
  const fit = await find(id);
  expect(fit.status).toBe('SUCCEEDED');
  const { before, original, notes } = FitFigures.parse(fit.figures);
  expect(original?.before.itemCount).toBe(before.itemCount + 3);
  expect(original?.after.itemCount).toBe(before.itemCount + 3);
  const [, agreed, differed] =
    /left out 3 of the cells.*: (\d) where.*agreed, and (\d) where they differed/.exec(notes.join()) ?? [];
  const wrong = (metrics: FitFigures['before'] | undefined) =>
    (metrics?.confusionMatrix ?? [])
      .filter(({ actual, predicted }) => actual !== predicted)
      .reduce((sum, { count }) => sum + count, 0);
  expect(Number(differed)).toBe(wrong(original?.before) - wrong(before));
  expect(Number(agreed) + Number(differed)).toBe(3);
});

test('the shortcut audit finds a slide of another colour behind the cells of one class in a field', async () => {
  const id = await queueFit({ datasetSnapshotId: null });
  const places = [80, 240, 400].flatMap((y) => [80, 200, 320, 440].map((x) => [x, y] as const));
  const halves = await Promise.all([drawField(places), drawField(places, [214, 178, 178])]);
  const picture = sharp({ create: { width: 1280, height: 480, channels: 3, background: 'white' } });
  const composed = halves.map((input, index) => ({ input, left: 640 * index, top: 0 }));
  const field = await storeField(await picture.composite(composed).png().toBuffer(), {
    ...{ width: 1280, height: 480 },
  });
  for (const [half, label] of ['lymphocyte', 'blast'].entries()) {
    for (const [x, y] of places) {
      const left = 640 * half + x;
      await addCell(
        id,
        { label, originalLabel: label },
        {
          ...{ ...field, caseReference: null },
          ...{ region: [left - 32, y - 32, 64, 64], frame: [left - 48, y - 48, 96, 96] },
        },
      );
    }
  }
  await carryOut(id);
  const { status, warnings, fittedVersion } = await find(id);
  expect(status).toBe('SUCCEEDED');
  expect(warnings).toEqual([
    'A warning.',
    expect.stringMatching(/image border alone.*blast borders/),
    ...warnings.slice(2),
  ]);
  expect(fittedVersion?.modelCard).toContain(warnings[1]);
});

test('the shortcut audit does not take the size of the cut-outs of a field for a property of files', async () => {
  const id = await queueFit({ datasetSnapshotId: null });
  const size = { width: 640, height: 480 };
  for (const [side, label] of [
    [64, 'lymphocyte'],
    [96, 'blast'],
  ] as const) {
    const places = [120, 360].flatMap((y) => [1, 2, 3, 4, 5, 6].map((x) => [95 * x - side / 8, y] as const));
    const field = await storeField(await drawField(places), size);
    for (const [x, y] of places) {
      const region = [x - side / 2, y - side / 2, side, side];
      await addCell(id, { label, originalLabel: label }, { ...field, caseReference: null, region });
    }
  }
  await carryOut(id);
  const { status, warnings } = await find(id);
  expect(status).toBe('SUCCEEDED');
  expect(warnings.filter((warning) => warning.includes('file properties'))).toEqual([]);
});

test('a fit with too few cells left fails and says how many are missing', async () => {
  const id = await queueFit({ datasetSnapshotId: null });
  await carryOut(id);
  expect(await find(id)).toMatchObject({
    status: 'FAILED',
    error: expect.stringContaining('A fit needs at least 5 cells of each class'),
  });
});

test('a cancelled fit stops and registers nothing, and one whose worker died starts again', async () => {
  const versions = await db.database.modelVersion.count();
  const id = await queueFit();
  let reads = 0;
  const slow = readingBy(async (key) => {
    if (key.startsWith('images/') && ++reads > 8) await setTimeout(200);
    return store.get(key);
  });
  const running = carryOut(id, 1, undefined, slow);
  while (reads < 9) await setTimeout(20);
  await requestCancel(db.database, fits, id);
  await running;
  expect(await find(id)).toMatchObject({ status: 'CANCELLED', fittedVersionId: null });
  expect(await db.database.modelVersion.count()).toBe(versions);

  const killed = await queueFit();
  await db.database.fit.update({ where: { id: killed }, data: { status: 'RUNNING', doneCount: 7 } });
  await carryOut(killed, 2);
  expect((await find(killed)).status).toBe('FAILED'); // it ran to its end: the same cells were fitted before
});

test('an image that cannot be read fails the fit with the reason', async () => {
  const id = await queueFit();
  const broken = readingBy(async (key) =>
    key.startsWith('images/') ? Buffer.from('no image') : store.get(key),
  );
  await carryOut(id, 1, undefined, broken);
  expect(await find(id)).toMatchObject({
    status: 'FAILED',
    error: expect.stringMatching(/^The image '.+' cannot be evaluated: /),
  });
});
