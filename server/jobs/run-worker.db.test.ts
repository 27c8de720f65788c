import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { pino } from 'pino';
import { asProcess, createTestDatabase, type TestDatabase } from '../database/testing.js';
import { enqueue, type TaskName } from './queue.js';
import { type Attempt, MAX_ATTEMPTS } from './run-attempt.js';
import { runWorker, type Tasks, type Worker } from './run-worker.js';

const log = pino({ level: 'silent' });
const unexpected = () => Promise.reject(new Error('This task was not expected.'));
const noTasks: Tasks = {
  train: unexpected,
  'ingest-snapshot': unexpected,
  'ingest-reviews': unexpected,
  evaluate: unexpected,
  fit: unexpected,
  'classify-folder': unexpected,
  'delete-erased-images': unexpected,
  'tick-training-schedule': unexpected,
};

let test: TestDatabase;
const workers: Worker[] = [];
const children: ChildProcess[] = [];

beforeEach(async () => {
  test = await createTestDatabase();
});

afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.stop()));
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await test.drop();
});

async function startWorker(tasks: Partial<Tasks>, concurrency = 1, alone: TaskName[] = []): Promise<Worker> {
  const worker = await runWorker({
    url: asProcess(test.url),
    concurrency,
    alone,
    log,
    tasks: { ...noTasks, ...tasks },
  });
  workers.push(worker);
  return worker;
}

/** A worker on `train` that notes every call and whether it is to end. */
function recordingTask(work: (helpers: Attempt) => Promise<void> = async () => {}) {
  const calls: { runId: string; attempt: number }[] = [];
  const waiting: (() => void)[] = [];
  const train: Tasks['train'] = async ({ trainingRunId }, helpers) => {
    calls.push({ runId: trainingRunId, attempt: helpers.attempt });
    for (const wake of waiting.splice(0)) wake();
    await work(helpers);
  };
  const untilCalls = async (count: number) => {
    while (calls.length < count) await new Promise<void>((resolve) => waiting.push(resolve));
  };
  return { calls, train, untilCalls };
}

const untilAborted = ({ signal }: Attempt) =>
  new Promise<void>((_, reject) =>
    signal.addEventListener('abort', () => reject(new Error('asked to stop'))),
  );

it('runs the jobs of a transaction when it commits, and none of one that was rolled back', async () => {
  const { calls, train, untilCalls } = recordingTask();
  await startWorker({ train });
  const rolledBack = test.database.$transaction(async (transaction) => {
    await enqueue(transaction, 'train', { trainingRunId: 'lost' });
    throw new Error('no');
  });
  await expect(rolledBack).rejects.toThrow('no');
  await test.database.$transaction((transaction) => enqueue(transaction, 'train', { trainingRunId: 'kept' }));
  await untilCalls(1);
  expect(calls).toEqual([{ runId: 'kept', attempt: 1 }]);
});

it('replaces a waiting job of the same key', async () => {
  const { calls, train, untilCalls } = recordingTask();
  for (const trainingRunId of ['first', 'second'])
    await enqueue(test.database, 'train', { trainingRunId }, { jobKey: 'run' });
  await enqueue(test.database, 'train', { trainingRunId: 'third' });
  await startWorker({ train });
  await untilCalls(2);
  expect(calls.map(({ runId }) => runId)).toEqual(['second', 'third']);
});

it('leaves a job alone until its time has come', async () => {
  const { calls, train, untilCalls } = recordingTask();
  await enqueue(
    test.database,
    'train',
    { trainingRunId: 'tomorrow' },
    { runAt: new Date(Date.now() + 864e5) },
  );
  await enqueue(
    test.database,
    'train',
    { trainingRunId: 'yesterday' },
    { runAt: new Date(Date.now() - 864e5) },
  );
  await enqueue(test.database, 'train', { trainingRunId: 'now' });
  await startWorker({ train });
  await untilCalls(2);
  expect(calls.map(({ runId }) => runId)).toEqual(['yesterday', 'now']);
  expect(await countJobs()).toBeGreaterThanOrEqual(1);
});

it('gives each job to one worker', async () => {
  const recordings = [recordingTask(), recordingTask(), recordingTask()];
  await Promise.all(recordings.map(({ train }) => startWorker({ train }, 2)));
  const ids = Array.from({ length: 30 }, (_, i) => `run_${i}`);
  await test.database.$transaction(async (transaction) => {
    for (const trainingRunId of ids) await enqueue(transaction, 'train', { trainingRunId });
  });
  while ((await countJobs()) > 0) await new Promise((resolve) => setTimeout(resolve, 20));
  const done = recordings.flatMap(({ calls }) => calls.map(({ runId }) => runId));
  expect(done.sort()).toEqual(ids.sort());
});

it('tries a job again when its task throws', async () => {
  const { calls, train, untilCalls } = recordingTask(async ({ attempt }) => {
    if (attempt === 1) throw new Error('the first time');
  });
  await startWorker({ train });
  await enqueue(test.database, 'train', { trainingRunId: 'run' });
  await untilCalls(2);
  expect(calls.map(({ attempt }) => attempt)).toEqual([1, 2]);
});

it('aborts its tasks when it stops, and the next worker takes them up at once, as the same attempt', async () => {
  const first = recordingTask(untilAborted);
  const worker = await startWorker({ train: first.train });
  await enqueue(test.database, 'train', { trainingRunId: 'run' });
  await first.untilCalls(1);
  await worker.stop();
  await expect(worker.ended).resolves.toBeUndefined();

  const second = recordingTask();
  await startWorker({ train: second.train });
  await second.untilCalls(1);
  expect(second.calls).toEqual([{ runId: 'run', attempt: 1 }]);
});

it('takes over the job of a worker that was killed, when it starts', async () => {
  await enqueue(test.database, 'train', { trainingRunId: 'run' });
  await killWorkerAtWork();
  const { calls, train, untilCalls } = recordingTask();
  await startWorker({ train });
  await untilCalls(1);
  expect(calls).toEqual([{ runId: 'run', attempt: 2 }]);
});

it('takes over the job of a worker that was killed while it was running itself', async () => {
  let finish = () => {};
  const finished = new Promise<void>((resolve) => (finish = resolve));
  const { calls, train, untilCalls } = recordingTask(async ({ attempt }) => {
    if (attempt === 1) await finished; // busy, so that the other worker gets the second job
  });
  await startWorker({ train });
  await enqueue(test.database, 'train', { trainingRunId: 'first' });
  await untilCalls(1);
  await enqueue(test.database, 'train', { trainingRunId: 'second' });
  await killWorkerAtWork();
  finish();
  await untilCalls(2);
  expect(calls[1]).toEqual({ runId: 'second', attempt: 2 });
});

it('calls a task again however often its worker died, and counts the attempts', async () => {
  await enqueue(test.database, 'train', { trainingRunId: 'run' });
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) await killWorkerAtWork();
  const { calls, train, untilCalls } = recordingTask();
  await startWorker({ train });
  await untilCalls(1);
  expect(calls).toEqual([{ runId: 'run', attempt: MAX_ATTEMPTS + 1 }]);
});

it('leaves the jobs of living workers alone', async () => {
  const busy = recordingTask(untilAborted);
  await startWorker({ train: busy.train });
  await enqueue(test.database, 'train', { trainingRunId: 'run' });
  await busy.untilCalls(1);
  const idle = recordingTask();
  await startWorker({ train: idle.train });
  await enqueue(test.database, 'train', { trainingRunId: 'other' }); // proves that the idle one is at work
  await idle.untilCalls(1);
  expect(idle.calls).toEqual([{ runId: 'other', attempt: 1 }]);
});

it('aborts its tasks when it loses its lock, since others may take them, and continues with a new lock', async () => {
  const { calls, train, untilCalls } = recordingTask(async (helpers) => {
    if (helpers.attempt === 1) await untilAborted(helpers);
  });
  await startWorker({ train });
  await enqueue(test.database, 'train', { trainingRunId: 'run' });
  await untilCalls(1);
  await test.database.$executeRaw`
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'cytograph: worker'`;
  await untilCalls(2);
  expect(calls.map(({ attempt }) => attempt)).toEqual([1, 1]);
});

async function countJobs(): Promise<number> {
  const [row] = await test.database.$queryRaw<[{ count: bigint }]>`SELECT count(*) FROM graphile_worker.jobs`;
  return Number(row.count);
}

/** Starts a worker in a separate process, and kills it while it is running a job. */
async function killWorkerAtWork(): Promise<void> {
  const program = `
    import { pino } from 'pino';
    import { runWorker } from ${JSON.stringify(new URL('./run-worker.js', import.meta.url))};
    const work = () => { console.log('at work'); return new Promise(() => {}); };
    await runWorker({ url: ${JSON.stringify(asProcess(test.url))}, concurrency: 1, alone: [], log: pino({ level: 'silent' }),
      tasks: { train: work, 'ingest-snapshot': work } });`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');
}

it('does one job of a task at a time where it is to be alone, and others beside it', async () => {
  let running = 0;
  let most = 0;
  let end = () => {};
  const ended = new Promise<void>((resolve) => (end = resolve));
  const { calls, train, untilCalls } = recordingTask(async () => {
    most = Math.max(most, ++running);
    await ended;
    running--;
  });
  let setEvaluated = () => {};
  const evaluated = new Promise<void>((resolve) => (setEvaluated = resolve));
  await startWorker({ train, evaluate: async () => setEvaluated() }, 3, ['train']);
  for (const trainingRunId of ['first', 'second', 'third']) {
    await enqueue(test.database, 'train', { trainingRunId });
  }
  await untilCalls(1);
  // The waiting trainings must leave a place to others.
  await enqueue(test.database, 'evaluate', { evaluationId: 'beside' });
  await evaluated;
  expect(calls).toHaveLength(1);
  end();
  await untilCalls(3);
  expect(most).toBe(1);
  expect(calls.map(({ attempt }) => attempt)).toEqual([1, 1, 1]);
});
