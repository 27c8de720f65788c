import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { pino } from 'pino';
import { randomArtifact } from '../server/artifact/testing.js';
import type { DatasetItem } from '../server/database/generated/client.js';
import { createTestDatabase, type TestDatabase } from '../server/database/testing.js';
import { newId } from '../server/database/ids.js';
import {
  type EvaluationAnswer,
  loadEvaluationAnswers,
} from '../server/features/models/evaluations/evaluation-answers.js';
import { evaluations } from '../server/features/models/evaluations/evaluation-lifecycle.js';
import { registerRandomVersion } from '../server/features/models/testing.js';
import { interpret } from '../server/decision/interpret.js';
import { openInferencePool } from '../server/inference/pool.js';
import { requestCancel } from '../server/jobs/job-table.js';
import { artifactPrefix, imageKey } from '../server/storage/keys.js';
import type { ObjectStore } from '../server/storage/object-store.js';
import { openObjectStore } from '../server/storage/open-object-store.js';
import { evaluateVersion } from './evaluate-version.js';
import { evaluate } from '../evaluation/measure-scores.js';
import { demoCells, storeDemoSnapshot } from '../training/testing.js';

const log = pino({ level: 'silent' });
const artifactOptions = { seed: 3, inputSize: 32 };

let folder: string;
let db: TestDatabase;
let store: ObjectStore;
let version: { id: string; version: number };
let snapshotId: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cytograph-evaluation-'));
  db = await createTestDatabase();
  const noS3 = { endpoint: null, region: 'us-east-1', credentials: null };
  store = openObjectStore(`file:${join(folder, 'objects')}`, noS3);
  snapshotId = await storeDemoSnapshot(db.database, store, 'demo');
  version = await registerRandomVersion({ database: db.database, store }, artifactOptions);
});

afterAll(async () => {
  store.close();
  await db.drop();
  await rm(folder, { recursive: true });
});

async function queueEvaluation(datasetSnapshotId = snapshotId, modelVersionId = version.id): Promise<string> {
  const id = newId('eval');
  await db.database.evaluation.create({ data: { id, status: 'QUEUED', modelVersionId, datasetSnapshotId } });
  return id;
}

const carryOut = (id: string, attempt = 1, signal = new AbortController().signal, from = store) =>
  evaluateVersion({ database: db.database, store: from, log, threads: 1 }, id, {
    signal,
    attempt,
  });

/** The store with a different way of reading. */
const readingBy = (get: ObjectStore['get']): ObjectStore => Object.assign(Object.create(store), { get });

const read = (id: string) => db.database.evaluation.findUniqueOrThrow({ where: { id } });

/** The demo snapshot's items of some labels as a separate snapshot; `rename` gives each its label. */
async function partOf(
  labels: string[],
  rename = (label: string) => label,
  added: Pick<DatasetItem, 'key' | 'label' | 'imageSha256'>[] = [],
): Promise<string> {
  const items = await db.database.datasetItem.findMany({ where: { snapshotId, label: { in: labels } } });
  const id = newId('snap');
  await db.database.datasetSnapshot.create({
    data: {
      id,
      name: id.replace('_', '-'),
      version: 1,
      status: 'INGESTING',
      source: 'file:/demo',
      items: {
        create: [
          ...items.map(({ key, label, group, imageSha256 }) => ({
            key,
            label: rename(label),
            group,
            imageSha256,
          })),
          ...added,
        ],
      },
    },
  });
  await db.database.datasetSnapshot.update({
    where: { id },
    data: { status: 'READY', digest: id.slice(-32).repeat(2), itemCount: items.length + added.length },
  });
  return id;
}

test('measures what serving would answer, by patient, the same each time', async () => {
  const id = await queueEvaluation();
  await carryOut(id);
  const { status, error, itemCount, groupCount, metrics } = await read(id);
  expect({ status, error, itemCount, groupCount }).toEqual({
    status: 'SUCCEEDED',
    error: null,
    itemCount: demoCells.count,
    groupCount: 12,
  });

  // The same, image by image, through the pool that the server answers with.
  const { manifest, onnx } = randomArtifact(artifactOptions);
  const pool = openInferencePool({ threads: 1, queueLimit: 4, log });
  await pool.load('served', manifest, onnx);
  const items = await db.database.datasetItem.findMany({ where: { snapshotId }, orderBy: { key: 'asc' } });
  const scored = [];
  const answers: EvaluationAnswer[] = [];
  for (const { label, group, imageSha256 } of items) {
    const result = await pool.infer('served', await store.get(imageKey(imageSha256)));
    const answer = interpret(manifest, result);
    const probability = answer.probabilities[1]?.probability ?? NaN;
    answers.push({ probability, outcome: answer.outcome });
    scored.push({
      isPositive: label === 'blast',
      group,
      probability,
      calledPositive: probability >= manifest.decisionThreshold,
      abstained: answer.outcome !== 'CLASSIFIED',
    });
  }
  await pool.close();
  expect(metrics).toEqual(evaluate(scored, { classes: manifest.classes, seed: manifest.provenance.seed }));
  expect((await loadEvaluationAnswers(db.database, [id], answers.length)).get(id)).toEqual(answers);

  const again = await queueEvaluation();
  await carryOut(again);
  expect((await read(again)).metrics).toEqual(metrics);
});

test('leaves undefined what healthy cells alone do not define', async () => {
  const id = await queueEvaluation(await partOf(['lymphocyte']));
  await carryOut(id);
  const { status, metrics } = await read(id);
  expect(status).toBe('SUCCEEDED');
  expect(metrics).toMatchObject({ auc: null, sensitivity: null, balancedAccuracy: null, rocCurve: [] });
  expect(metrics).toMatchObject({ specificity: { estimate: expect.any(Number) } });
});

test("sets the positive label against every other one, by the version's names of the classes", async () => {
  const renamed = (label: string) => (label === 'blast' ? label : 'normal');
  const [plain, mapped] = [
    await queueEvaluation(),
    await queueEvaluation(await partOf(['blast', 'lymphocyte'], renamed)),
  ];
  await carryOut(plain);
  await carryOut(mapped);
  expect((await read(mapped)).metrics).toEqual((await read(plain)).metrics);
});

test('ends when asked to stop, and is started again by the next worker', async () => {
  const id = await queueEvaluation();
  const stop = new AbortController();
  let reads = 0;
  const stoppingStore = readingBy((key) => {
    if (key.startsWith('images/') && ++reads === 20) stop.abort(new Error('asked to stop'));
    return store.get(key);
  });
  await expect(carryOut(id, 3, stop.signal, stoppingStore)).rejects.toThrow('asked to stop');
  expect(reads).toBeLessThan(demoCells.count);
  expect(await read(id)).toMatchObject({ status: 'RUNNING', metrics: null });
  await carryOut(id);
  expect(await read(id)).toMatchObject({ status: 'SUCCEEDED', itemCount: demoCells.count });
  await carryOut(id, 2); // an attempt too many changes nothing
  expect(await read(id)).toMatchObject({ status: 'SUCCEEDED' });
});

test('stops between images when it is cancelled, and is CANCELLED without metrics', async () => {
  const id = await queueEvaluation();
  let reads = 0;
  const slowStore = readingBy(async (key) => {
    if (key.startsWith('images/')) {
      if (++reads === 20) await requestCancel(db.database, evaluations, id);
      // Slow enough that the worker notices long before the last image.
      if (reads >= 20) await setTimeout(1000);
    }
    return store.get(key);
  });
  await carryOut(id, 1, undefined, slowStore);
  expect(reads).toBeLessThan(demoCells.count);
  expect(await read(id)).toMatchObject({
    ...{ status: 'CANCELLED', error: null, metrics: null, itemCount: 0, finishedAt: expect.any(Date) },
  });
  await carryOut(id, 2); // an attempt too many changes nothing
  expect(await read(id)).toMatchObject({ status: 'CANCELLED' });
});

test('records no metrics if it is cancelled after the last image', async () => {
  const id = await queueEvaluation();
  let reads = 0;
  const cancellingStore = readingBy(async (key) => {
    if (key.startsWith('images/') && ++reads === demoCells.count)
      await requestCancel(db.database, evaluations, id);
    return store.get(key);
  });
  await carryOut(id, 1, undefined, cancellingStore);
  expect(reads).toBe(demoCells.count);
  expect(await read(id)).toMatchObject({ status: 'CANCELLED', metrics: null, itemCount: 0 });
  expect(await db.database.evaluationAnswers.findUnique({ where: { evaluationId: id } })).toBeNull();
});

test('holds a few images at a time', async () => {
  let [reading, most] = [0, 0];
  const countingStore = readingBy((key) => {
    most = Math.max(most, ++reading);
    return store.get(key).finally(() => reading--);
  });
  await carryOut(await queueEvaluation(), 1, undefined, countingStore);
  expect(most).toBeLessThanOrEqual(4);
});

test('is FAILED at once, with the image, where one is missing or cannot be read', async () => {
  for (const damage of ['missing', 'broken']) {
    const sha256 = (damage === 'missing' ? 'e' : 'd').repeat(64);
    const image = { sha256, width: 1, height: 1, byteSize: 1, mediaType: 'image/png' };
    await db.database.image.create({ data: image });
    if (damage === 'broken') await store.put(imageKey(sha256), Buffer.from('no image'));
    const item = { key: `blast/zz-${damage}.png`, label: 'blast', imageSha256: sha256 };
    const part = await partOf(['blast'], undefined, [item]);
    const id = await queueEvaluation(part);
    await carryOut(id);
    expect(await read(id)).toMatchObject({
      status: 'FAILED',
      metrics: null,
      error: expect.stringContaining(`'blast/zz-${damage}.png' cannot be evaluated`),
    });
  }
});

test('is FAILED where the artifact is not what was registered', async () => {
  const broken = await registerRandomVersion(
    { database: db.database, store },
    { ...artifactOptions, modelName: 'broken' },
  );
  await store.put(`${artifactPrefix('broken', broken.version)}model.onnx`, Buffer.from('something else'));
  const id = await queueEvaluation(snapshotId, broken.id);
  await carryOut(id);
  expect(await read(id)).toMatchObject({ status: 'FAILED', error: expect.stringContaining('model.onnx') });
});

test('is tried again while the store is unreachable, and finally reports it', async () => {
  const id = await queueEvaluation();
  const away = readingBy(() => Promise.reject(new Error('secret path')));
  await expect(carryOut(id, 1, undefined, away)).rejects.toThrow('secret path');
  expect(await read(id)).toMatchObject({ status: 'RUNNING' });
  await carryOut(id, 3, undefined, away);
  expect(await read(id)).toMatchObject({ status: 'FAILED', error: expect.stringContaining(id) });

  const killed = await queueEvaluation();
  await carryOut(killed, 4);
  expect(await read(killed)).toMatchObject({
    status: 'FAILED',
    error: expect.stringContaining('in every attempt'),
  });
});
