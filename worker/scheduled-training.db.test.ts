import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { asProcess, createTestDatabase, type TestDatabase } from '../server/database/testing.js';
import { newId } from '../server/database/ids.js';
import { recordSnapshot } from '../server/features/datasets/record-snapshot.js';
import { planTick } from '../server/features/training/plan-tick.js';
import { writeDemoCells } from '../server/imaging/demo-cells.js';
import { enqueue } from '../server/jobs/queue.js';
import { isTensorFlowInstalled } from '../training/tensorflow/install-tensorflow.js';
import { tinyRecipe } from '../training/testing.js';

const NOBODY = { viewer: null, ip: null };

(isTensorFlowInstalled() ? describe : describe.skip)('the worker process', () => {
  let folder: string;
  let db: TestDatabase;
  let worker: ChildProcess;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cytograph-schedule-'));
    await writeDemoCells(join(folder, 'ingest', 'cells'), { count: 120, seed: 1 });
    db = await createTestDatabase();
    worker = fork(join(import.meta.dirname, 'main.js'), {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: { PATH: process.env.PATH, DATABASE_URL: asProcess(db.url), DATA_DIR: folder, LOG_LEVEL: 'error' },
    });
  });

  afterAll(async () => {
    const ended = once(worker, 'exit');
    worker.kill('SIGKILL');
    await ended;
    await db.drop();
    await rm(folder, { recursive: true, force: true });
  });

  /** Waits until something has come to an end; `read` gives null until then. */
  async function ended<Result>(read: () => Promise<Result | null>): Promise<Result> {
    for (;;) {
      const result = await read();
      if (result !== null) return result;
      await sleep(100);
    }
  }

  it('carries a tick that was missed to a registered version that nobody promoted, and evaluates it', async () => {
    const { database } = db;
    const first = await database.$transaction((tx) =>
      recordSnapshot(tx, NOBODY, {
        name: 'demo',
        source: `file:${join(folder, 'ingest', 'cells')}`,
        classes: null,
        groupsCsv: 'groups.csv',
        createdById: null,
      }),
    );
    const ingested = await ended(() =>
      database.datasetSnapshot.findFirst({
        where: { id: first.id, status: { not: 'INGESTING' } },
        include: { findings: true },
      }),
    );
    expect(ingested).toMatchObject({ status: 'READY' });

    const model = await database.model.create({ data: { id: newId('model'), name: 'cells' } });
    const dueAt = new Date('2026-01-01T00:00:00Z');
    const { epochs, batchSize, learningRate, inputSize } = tinyRecipe;
    const schedule = await database.trainingSchedule.create({
      data: {
        id: newId('sched'),
        modelId: model.id,
        datasetName: 'demo',
        positiveLabel: 'blast',
        cron: '0 0 1 1 *',
        enabled: true,
        parameters: Object.entries({ epochs, batchSize, learningRate, inputSize }).map(([name, value]) => ({
          name,
          value: String(value),
        })),
        acknowledgedFindings: ingested.findings.map(({ check }) => check),
        nextRunAt: dueAt,
      },
    });
    await planTick(database, schedule.id, dueAt);

    const { lastOutcome, lastRun, nextRunAt } = await ended(() =>
      database.trainingSchedule.findFirst({
        where: {
          id: schedule.id,
          OR: [{ lastOutcome: { not: null } }, { lastRun: { finishedAt: { not: null } } }],
        },
        include: {
          lastRun: {
            include: {
              datasetSnapshot: true,
              modelVersion: { include: { evaluations: true, aliases: true } },
            },
          },
        },
      }),
    );
    expect(lastOutcome).toBeNull();
    expect(lastRun).toMatchObject({
      status: 'SUCCEEDED',
      error: null,
      datasetSnapshot: { name: 'demo', version: 2, digest: ingested.digest },
      modelVersion: { version: 1, status: 'READY', aliases: [] },
    });
    expect(lastRun?.modelVersion?.evaluations.map(({ split }) => split).sort()).toEqual([
      'test',
      'validation',
    ]);
    expect(nextRunAt?.getTime()).toBeGreaterThan(Date.now());
    expect(await database.promotion.count()).toBe(0);

    // A queued evaluation is run by the same worker.
    const evaluationId = newId('eval');
    await database.evaluation.create({
      data: {
        id: evaluationId,
        status: 'QUEUED',
        modelVersionId: lastRun?.modelVersion?.id ?? '',
        datasetSnapshotId: first.id,
      },
    });
    await enqueue(database, 'evaluate', { evaluationId });
    const evaluation = await ended(() =>
      database.evaluation.findFirst({ where: { id: evaluationId, status: { in: ['SUCCEEDED', 'FAILED'] } } }),
    );
    expect(evaluation).toMatchObject({ status: 'SUCCEEDED', error: null, itemCount: 120, groupCount: 12 });
  });
});
