import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Job, Logger as QueueLogger, run, type Task, type WorkerEvents } from 'graphile-worker';
import pg from 'pg';
import type { Logger } from 'pino';
import type { z } from 'zod';
import { MAX_ATTEMPTS, type TaskName, type TaskPayloads, taskPayloads } from './queue.js';
import { freeJobsOfDeadWorkers, holdWorkerLock, type WorkerLock } from './worker-lock.js';

export interface TaskHelpers {
  /** Aborted when the worker stops, or may no longer do the job; a task that throws then is tried again at once. */
  signal: AbortSignal;
  /** Counts from 1. More than `maxAttempts`: the worker died in each of them, and this one is only to record that. */
  attempt: number;
  maxAttempts: number;
}

export type Tasks = {
  [T in TaskName]: (payload: TaskPayloads[T], helpers: TaskHelpers) => Promise<void>;
};

export interface Worker {
  /** Aborts the tasks under way and resolves when they have ended. */
  stop(): Promise<void>;
  /** Resolves when it has stopped; rejects when it can go on no more. */
  ended: Promise<void>;
}

const SWEEP_INTERVAL_MS = 2000;
const POLL_INTERVAL_MS = 2000;
const GIVE_BACK_MS = 5000;

/**
 * Takes jobs off the queue, up to `concurrency` at a time, until it is stopped. Jobs that a killed worker left behind are
 * taken within seconds. A task that throws is tried again after a pause that grows (3 s, 7 s, …).
 * @throws Error where the database cannot be reached
 */
export async function runWorker(options: {
  url: string;
  tasks: Tasks;
  concurrency: number;
  /** Tasks of which this worker does one at a time; more of them stay in the queue, for other workers or for later. */
  alone: readonly TaskName[];
  log: Logger;
}): Promise<Worker> {
  const { url, concurrency, log } = options;
  const pool = new pg.Pool({ connectionString: url, max: concurrency + 3 });
  pool.on('error', (error) => log.warn({ err: error }, 'A connection of the worker broke.'));
  pool.on('connect', (client) => client.on('error', () => {})); // one in use: its query fails and tells
  const jobs = new RunningJobs(options.alone, (job) => giveBack(pool, job));
  const events: WorkerEvents = new EventEmitter();
  let lock: WorkerLock | null = null;
  let setStopped = () => {};
  const stopped = new Promise<void>((resolve) => (setStopped = resolve));
  events.on('pool:create', ({ workerPool }) => {
    lock = holdWorkerLock(url, workerPool.id, log, () => jobs.abort('The connection to the database broke.'));
  });
  const sweep = () =>
    freeJobsOfDeadWorkers(pool).then(
      (count) => count > 0 && log.warn({ count }, 'Took over jobs of workers that died.'),
      (error: unknown) => log.debug({ err: error }, 'Looking for jobs of dead workers failed.'),
    );

  try {
    await freeJobsOfDeadWorkers(pool); // and find out whether there is a database
  } catch (error) {
    await pool.end();
    throw error;
  }
  const runner = await run({
    pgPool: pool,
    concurrency,
    pollInterval: POLL_INTERVAL_MS,
    noHandleSignals: true,
    logger: queueLogger(log),
    events,
    taskList: taskList(options.tasks, jobs),
    // Asked before each job is taken, so a good place to wait for the lock. A job's flag is its task.
    forbiddenFlags: async () => {
      await Promise.race([lock?.held(), stopped]);
      return [...jobs.alone];
    },
  });
  const sweeping = setInterval(() => void sweep(), SWEEP_INTERVAL_MS);

  let stopping: Promise<void> | null = null;
  const release = async () => {
    clearInterval(sweeping);
    await lock?.release();
    await pool.end();
  };
  const ended = runner.promise.catch(async (error: unknown) => {
    if (!stopping) await release();
    throw error;
  });
  ended.catch(() => {}); // whoever cares waits for it

  return {
    ended,
    stop: () =>
      (stopping ??= (async () => {
        setStopped();
        jobs.abort('The worker is stopping.');
        await runner.stop();
        await jobs.giveBackInterrupted();
        await release();
      })()),
  };
}

function taskList(tasks: Tasks, jobs: RunningJobs): Record<TaskName, Task> {
  const carryOut =
    <Payload>(
      name: TaskName,
      schema: z.ZodType<Payload>,
      task: (payload: Payload, helpers: TaskHelpers) => Promise<void>,
    ): Task =>
    (payload, { job }) =>
      jobs.run(name, job, (signal) =>
        task(schema.parse(payload), { signal, attempt: job.attempts, maxAttempts: MAX_ATTEMPTS }),
      );
  return {
    'ingest-snapshot': carryOut('ingest-snapshot', taskPayloads['ingest-snapshot'], tasks['ingest-snapshot']),
    train: carryOut('train', taskPayloads.train, tasks.train),
    evaluate: carryOut('evaluate', taskPayloads.evaluate, tasks.evaluate),
    'classify-folder': carryOut('classify-folder', taskPayloads['classify-folder'], tasks['classify-folder']),
    'tick-training-schedule': carryOut(
      'tick-training-schedule',
      taskPayloads['tick-training-schedule'],
      tasks['tick-training-schedule'],
    ),
  };
}

/** The jobs under way, all of which can be told to end. */
class RunningJobs {
  readonly #controllers = new Set<AbortController>();
  /** Those that threw after they were told to end. */
  private readonly interrupted: Job[] = [];
  /** Tasks under way that are to be alone. */
  readonly alone = new Set<TaskName>();
  readonly #returned: Promise<void>[] = [];

  constructor(
    private readonly tasksAlone: readonly TaskName[],
    private readonly giveBack: (job: Job) => Promise<void>,
  ) {}

  async run(name: TaskName, job: Job, task: (signal: AbortSignal) => Promise<void>): Promise<void> {
    if (this.alone.has(name)) {
      // Both were taken off the queue at the same moment.
      this.#returned.push(this.giveBack(job));
      throw new Error(`This worker has begun another job '${name}': this one goes back to the queue.`);
    }
    if (this.tasksAlone.includes(name)) this.alone.add(name);
    const controller = new AbortController();
    this.#controllers.add(controller);
    try {
      await task(controller.signal);
    } catch (error) {
      if (controller.signal.aborted) this.interrupted.push(job);
      throw error;
    } finally {
      this.#controllers.delete(controller);
      this.alone.delete(name);
    }
  }

  /** Being interrupted is no failed attempt: the next worker is to take these jobs at once. */
  async giveBackInterrupted(): Promise<void> {
    await Promise.all([...this.interrupted.map((job) => this.giveBack(job)), ...this.#returned]);
  }

  abort(reason: string): void {
    for (const controller of this.#controllers) controller.abort(new Error(reason));
  }
}

/**
 * Lets a job that throws be taken again at once, with as many attempts as it had. The queue writes down the failure
 * without anyone waiting for it, and refuses to change a job before it has: hence more than one try. A job that stays locked
 * all the same is freed when the worker's lock is gone.
 */
async function giveBack(pool: pg.Pool, { id, attempts }: Job): Promise<void> {
  const deadline = performance.now() + GIVE_BACK_MS;
  while (performance.now() < deadline) {
    const { rowCount } = await pool.query(
      'SELECT FROM graphile_worker.reschedule_jobs(ARRAY[$1::bigint], now(), attempts => $2)',
      [id, attempts - 1],
    );
    if (rowCount) return;
    await sleep(20);
  }
}

function queueLogger(log: Logger): QueueLogger {
  const levels = { error: 'error', warning: 'warn', info: 'debug', debug: 'trace' } as const;
  return new QueueLogger(({ taskIdentifier, jobId }) => (level, message, meta) => {
    log[levels[level]]({ task: taskIdentifier, jobId, err: meta?.error }, message);
  });
}
