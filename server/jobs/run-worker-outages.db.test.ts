import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { asProcess, createTestDatabase, type TestDatabase } from '../database/testing.js';
import { startTcpProxy, type TcpProxy } from '../outages/testing.js';
import { UnavailableError } from '../unavailable-error.js';
import { enqueue } from './queue.js';
import { runWorker, type Tasks, type Worker } from './run-worker.js';

const log = pino({ level: 'silent' });
const unexpected = () => Promise.reject(new Error('This task was not expected.'));

let test: TestDatabase;
let proxy: TcpProxy;
let worker: Worker | null = null;

beforeEach(async () => {
  test = await createTestDatabase();
  proxy = await startTcpProxy(test.url);
});

afterEach(async () => {
  await proxy.heal();
  await worker?.stop();
  worker = null;
  await proxy.close();
  await test.drop();
});

/** Each call of the task, as its run and the attempt that it counts as. */
async function startWorker(work: (call: number) => Promise<void>, signal?: AbortSignal): Promise<string[]> {
  const calls: string[] = [];
  const evaluate: Tasks['evaluate'] = async ({ evaluationId }, { attempt }) => {
    calls.push(`${evaluationId}, attempt ${attempt}`);
    await work(calls.length);
  };
  worker = await runWorker({
    url: asProcess(proxy.through(test.url)),
    concurrency: 1,
    alone: [],
    log,
    tasks: {
      train: unexpected,
      'ingest-snapshot': unexpected,
      'ingest-reviews': unexpected,
      'classify-folder': unexpected,
      'delete-erased-images': unexpected,
      'tick-training-schedule': unexpected,
      evaluate,
      fit: unexpected,
    },
    ...(signal && { signal }),
  });
  return calls;
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 120_000; !(await condition()); await sleep(50))
    if (Date.now() > end) throw new Error('It did not come about.');
}

async function jobs(): Promise<{ attempts: number; lastError: string | null }[]> {
  return test.database.$queryRaw`
    SELECT attempts::int, last_error AS "lastError" FROM graphile_worker.jobs`;
}

const add = (evaluationId: string) => enqueue(test.database, 'evaluate', { evaluationId });
const faults = ['refuse', 'reset', 'lose'] as const;

it.each(faults)(
  'continues after the database was unavailable (%s) when a job ended, and runs that job once',
  async (kind) => {
    const calls = await startWorker(async (call) => {
      if (call > 1) return;
      await proxy.set({ kind });
      setTimeout(() => void proxy.heal(), 12_000); // after the job is over, and after the silence was noticed
    });
    await add('a');
    await until(() => calls.length > 0);
    await until(async () => (await jobs()).length === 0);
    expect(calls).toEqual(['a, attempt 1']);
    await add('b');
    await until(async () => calls.includes('b, attempt 1') && (await jobs()).length === 0);
  },
);

it.each(faults)(
  'runs a job again that failed because the database was unavailable (%s), as the same attempt',
  async (kind) => {
    const calls = await startWorker(async (call) => {
      if (call > 1) return;
      await proxy.set({ kind });
      setTimeout(() => void proxy.heal(), 8_000);
      throw new UnavailableError('database', 'unreachable');
    });
    await add('a');
    await until(async () => calls.length > 1 && (await jobs()).length === 0);
    expect(calls).toEqual(['a, attempt 1', 'a, attempt 1']);
  },
);

it('counts an attempt that failed for another reason', async () => {
  const calls = await startWorker(async (call) => {
    if (call === 1) throw new Error('a fault');
  });
  await add('a');
  await until(async () => calls.length > 1 && (await jobs()).length === 0);
  expect(calls).toEqual(['a, attempt 1', 'a, attempt 2']);
});

it('waits for a database that is unavailable when it starts', async () => {
  await proxy.set({ kind: 'refuse' });
  await add('a');
  setTimeout(() => void proxy.heal(), 3_000);
  const calls = await startWorker(async () => {});
  await until(() => calls.length === 1);
});

it('stops while it waits for an unavailable database', async () => {
  await proxy.set({ kind: 'refuse' });
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 1_500);
  await expect(startWorker(async () => {}, stop.signal)).rejects.toThrow(/abort/i);
});

it('does not wait where the database will not have it', async () => {
  const url = new URL(test.url);
  url.pathname = '/no_such_database';
  const options = { url: url.href, concurrency: 1, alone: [], log };
  const tasks = { evaluate: unexpected } as unknown as Tasks;
  await expect(runWorker({ ...options, tasks })).rejects.toThrow('no_such_database');
});

it('stops in time while the database is silent', async () => {
  await startWorker(async () => {});
  await proxy.set({ kind: 'silence' });
  const begin = performance.now();
  await worker?.stop();
  expect(performance.now() - begin).toBeLessThan(60_000);
});
