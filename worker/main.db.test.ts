import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { asProcess, createTestDatabase, type TestDatabase } from '../server/database/testing.js';
import { enqueue } from '../server/jobs/queue.js';
import type { ObjectStore } from '../server/storage/object-store.js';
import { openObjectStore } from '../server/storage/open-object-store.js';
import { isTensorFlowInstalled } from '../training/tensorflow/install-tensorflow.js';
import { endlessRecipe, storeDemoSnapshot, storeRun } from '../training/testing.js';

(isTensorFlowInstalled() ? describe : describe.skip)('the worker process', () => {
  let folder: string;
  let db: TestDatabase;
  let store: ObjectStore;
  let snapshotId: string;
  const workers: ChildProcess[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cytograph-worker-'));
    db = await createTestDatabase();
    store = openObjectStore(`file:${join(folder, 'objects')}`, {
      endpoint: null,
      region: 'us-east-1',
      credentials: null,
    });
    snapshotId = await storeDemoSnapshot(db.database, store, 'demo');
  });

  afterAll(async () => {
    for (const worker of workers) worker.kill('SIGKILL');
    store.close();
    await db.drop();
    await rm(folder, { recursive: true, force: true });
  });

  function startWorker(env: NodeJS.ProcessEnv = {}): ChildProcess {
    const worker = fork(join(import.meta.dirname, 'main.js'), {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: {
        PATH: process.env.PATH,
        DATABASE_URL: asProcess(db.url),
        DATA_DIR: folder,
        OBJECT_STORE: `file:${join(folder, 'objects')}`,
        ...env,
      },
    });
    workers.push(worker);
    return worker;
  }

  const epochsOf = (trainingRunId: string) => db.database.trainingEpoch.count({ where: { trainingRunId } });

  const readFirstEpoch = (trainingRunId: string) =>
    db.database.trainingEpoch.findFirst({ where: { trainingRunId, epoch: 1 } });

  async function until(isSo: () => Promise<boolean>): Promise<void> {
    while (!(await isSo())) await sleep(50);
  }

  it('continues where a killed worker stopped, and releases the run when asked to stop', async () => {
    const trainingRunId = await storeRun(db.database, 'cells', snapshotId, endlessRecipe);
    await enqueue(db.database, 'train', { trainingRunId });

    const first = startWorker();
    await until(async () => (await epochsOf(trainingRunId)) > 1);
    first.kill('SIGKILL');
    await once(first, 'exit');

    // Its training process notices, and ends: no epoch comes any more.
    let epochs = -1;
    await until(async () => {
      const before = epochs;
      await sleep(2000);
      epochs = await epochsOf(trainingRunId);
      return epochs === before;
    });

    const firstEpoch = await readFirstEpoch(trainingRunId);
    const second = startWorker();
    await until(async () => (await epochsOf(trainingRunId)) > epochs + 1);
    second.kill('SIGTERM');
    const [code] = (await once(second, 'exit')) as [number | null];
    expect(code).toBe(0);

    const third = startWorker();
    const ending = once(third, 'exit');
    await until(async () => (await epochsOf(trainingRunId)) > epochs + 3);
    await db.database.trainingRun.update({
      where: { id: trainingRunId },
      data: { cancelRequestedAt: new Date() },
    });
    await until(async () => {
      const run = await db.database.trainingRun.findUniqueOrThrow({ where: { id: trainingRunId } });
      return run.status === 'CANCELLED';
    });
    // The first epoch was never trained again: its row is still the first worker's.
    expect(await readFirstEpoch(trainingRunId)).toEqual(firstEpoch);

    third.disconnect(); // as when the server that started it dies
    expect((await ending)[0]).toBe(0);
  });

  it('does not outlive a server that dies before the worker is ready', async () => {
    const worker = startWorker();
    const ending = once(worker, 'exit');
    worker.disconnect();
    expect((await ending)[0]).toBe(0);
  });

  it('says which setting is missing', async () => {
    const worker = startWorker({ DATABASE_URL: '' });
    let complaint = '';
    worker.stderr?.on('data', (text: Buffer) => (complaint += text.toString()));
    expect((await once(worker, 'exit'))[0]).toBe(1);
    expect(complaint).toMatch(/^DATABASE_URL is not set/);
  });
});
