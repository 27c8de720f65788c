import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { asProcess, createTestDatabase, type TestDatabase } from '../server/database/testing.js';
import { newId } from '../server/database/ids.js';
import { registerRandomVersion } from '../server/features/models/testing.js';
import { writeDemoCells } from '../server/imaging/demo-cells.js';
import { enqueue } from '../server/jobs/queue.js';
import { MAX_ATTEMPTS } from '../server/jobs/run-attempt.js';
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
  const store = await prepareObjectStore(
    { objectStore: `file:${join(folder, 'objects')}`, s3: noS3, encryptionKeys: [] },
    [],
  );
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
      DATABASE_URL: asProcess(db.url),
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

/** Lets a worker get as far as the batch with this file, and kills it with SIGKILL. */
async function killWorkerAt(key: string, condition: () => Promise<boolean>): Promise<void> {
  // An uncommitted row with the same key makes the worker wait as soon as it records the batch with this file.
  const holder = new pg.Client(db.url);
  await holder.connect();
  await holder.query('BEGIN');
  await holder.query('INSERT INTO "BulkItem" ("bulkId", key, error) VALUES ($1, $2, $3)', [
    bulkId,
    key,
    'held',
  ]);
  const worker = startWorker();
  while (!(await condition())) {
    const { status, error } = await read();
    if (status === 'FAILED') throw new Error(`The job failed: ${error ?? 'no reason'}`);
    await sleep(50);
  }
  const ended = once(worker, 'exit');
  worker.kill('SIGKILL');
  await ended;
  await holder.query('ROLLBACK');
  await holder.end();
}

async function imageKeys(): Promise<string[]> {
  const cells = openObjectStore(`file:${join(folder, 'ingest', 'cells')}`, noS3);
  const keys: string[] = [];
  for await (const { key } of cells.list('')) if (key.endsWith('.jpg')) keys.push(key);
  return keys;
}

it('makes exactly one prediction an image although its worker is killed more often than attempts are allowed', async () => {
  const keys = await imageKeys();
  await enqueue(db.database, 'classify-folder', { bulkClassificationId: bulkId });
  // Files are recorded 32 at a time, so each of these files is in a later batch. One batch also has a file that is no image.
  const held = [40, 75, 105, 135];
  expect(held.length).toBeGreaterThan(MAX_ATTEMPTS);
  let recorded = 0;
  for (const index of held) {
    await killWorkerAt(keys[index] ?? '', async () => (await read()).doneCount >= recorded + 31);
    const bulk = await read();
    expect(bulk).toMatchObject({ status: 'RUNNING', error: null });
    expect(bulk.doneCount).toBeLessThan(COUNT);
    recorded = bulk.doneCount;
  }

  startWorker();
  expect(await until(({ status }) => status !== 'RUNNING')).toMatchObject({
    status: 'SUCCEEDED',
    error: null,
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
  while ((await db.database.jobAttempt.count()) > 0) await sleep(50);
});

it('is FAILED, with the reason, after its worker was killed in every attempt without progress', async () => {
  for (const worker of workers) worker.kill('SIGKILL');
  const { database } = db;
  const { source, modelVersionId, createdById } = await read();
  bulkId = newId('bulk');
  await database.bulkClassification.create({
    data: { id: bulkId, status: 'QUEUED', source, modelVersionId, createdById },
  });
  await enqueue(database, 'classify-folder', { bulkClassificationId: bulkId });
  const [first = ''] = await imageKeys();
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    await killWorkerAt(first, async () => {
      const jobs = await database.$queryRaw<unknown[]>`
        SELECT FROM graphile_worker.jobs WHERE attempts = ${attempt}::int AND locked_at IS NOT NULL`;
      return jobs.length > 0;
    });
    expect((await read()).status).not.toBe('FAILED');
  }
  startWorker();
  expect(await until(({ status }) => status === 'FAILED' || status === 'SUCCEEDED')).toMatchObject({
    status: 'FAILED',
    doneCount: 0,
    error: expect.stringContaining('stopped unexpectedly in every attempt'),
  });
});
