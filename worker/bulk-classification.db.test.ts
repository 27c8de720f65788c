import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { createTestDatabase, type TestDatabase } from '../server/database/testing.js';
import { newId } from '../server/database/ids.js';
import { registerRandomVersion } from '../server/features/models/testing.js';
import { writeDemoCells } from '../server/imaging/demo-cells.js';
import { enqueue } from '../server/jobs/queue.js';
import { openObjectStore, prepareObjectStore } from '../server/storage/open-object-store.js';

const COUNT = 150;
const noS3 = { endpoint: null, region: 'us-east-1', credentials: null };

let folder: string;
let db: TestDatabase;
let bulkId: string;
const workers: ChildProcess[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cytograph-bulk-'));
  await writeDemoCells(join(folder, 'ingest', 'cells'), { count: COUNT, seed: 1, size: 40 });
  db = await createTestDatabase();
  const { database } = db;
  const store = await prepareObjectStore(`file:${join(folder, 'objects')}`, noS3, []);
  const { id: modelVersionId } = await registerRandomVersion({ database, store });
  store.close();
  const createdById = newId('user');
  await database.user.create({
    data: {
      id: createdById,
      email: 'a@example.org',
      displayName: 'A',
      passwordHash: 'none',
      roles: ['ADMIN'],
    },
  });
  bulkId = newId('bulk');
  const source = `file:${join(folder, 'ingest', 'cells')}`;
  await database.bulkClassification.create({
    data: { id: bulkId, status: 'QUEUED', source, modelVersionId, createdById },
  });
});

afterAll(async () => {
  for (const worker of workers) worker.kill('SIGKILL');
  await db.drop();
  await rm(folder, { recursive: true, force: true });
});

function startWorker(): ChildProcess {
  const worker = fork(join(import.meta.dirname, 'main.js'), {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: {
      PATH: process.env.PATH,
      DATABASE_URL: db.url,
      DATA_DIR: folder,
      INFERENCE_THREADS: '1',
      LOG_LEVEL: 'error',
    },
  });
  workers.push(worker);
  return worker;
}

const read = () => db.database.bulkClassification.findUniqueOrThrow({ where: { id: bulkId } });

async function until(isSo: (bulk: Awaited<ReturnType<typeof read>>) => boolean) {
  for (;;) {
    const bulk = await read();
    if (isSo(bulk)) return bulk;
    await sleep(50);
  }
}

it('makes exactly one prediction an image although its worker is killed', async () => {
  // Holds the item of one file of the middle: the worker comes so far and waits, for as long as it takes to kill it.
  const cells = openObjectStore(`file:${join(folder, 'ingest', 'cells')}`, noS3);
  const keys: string[] = [];
  for await (const { key } of cells.list('')) if (key.endsWith('.jpg')) keys.push(key);
  const holder = new pg.Client(db.url);
  await holder.connect();
  await holder.query('BEGIN');
  await holder.query('INSERT INTO "BulkItem" ("bulkId", key, error) VALUES ($1, $2, $3)', [
    bulkId,
    keys[75],
    'held',
  ]);

  const worker = startWorker();
  await enqueue(db.database, 'classify-folder', { bulkClassificationId: bulkId });
  const { doneCount } = await until((bulk) => bulk.doneCount >= 64);
  const ended = once(worker, 'exit');
  worker.kill('SIGKILL');
  await ended;
  await holder.query('ROLLBACK');
  await holder.end();
  expect(doneCount).toBe(64);

  startWorker();
  expect(await until(({ status }) => status !== 'RUNNING')).toMatchObject({
    status: 'SUCCEEDED',
    itemCount: COUNT,
    doneCount: COUNT,
    failedCount: 0,
  });
  expect(await db.database.prediction.count()).toBe(COUNT);
  const items = await db.database.bulkItem.findMany({
    where: { bulkId, notImage: false },
    orderBy: { key: 'asc' },
  });
  expect(items.map(({ key }) => key)).toEqual(keys);
  expect(new Set(items.map(({ predictionId }) => predictionId)).size).toBe(COUNT);
});
