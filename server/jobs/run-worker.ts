import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Job,
  Logger as QueueLogger,
  run,
  type Runner,
  type Task,
  type WorkerEvents,
} from 'graphile-worker';
import type { Logger } from 'pino';
import type { z } from 'zod';
import { databaseOutageOf } from '../database/database-outage.js';
import { WatchedPool } from '../database/watched-pool.js';
import { UnavailableError } from '../unavailable-error.js';
import { type TaskName, type TaskPayloads, taskPayloads } from './queue.js';
import { RetryError } from './retry-error.js';
import type { Attempt } from './run-attempt.js';
import { freeJobsOfDeadWorkers, holdWorkerLock, type WorkerLock } from './worker-lock.js';

export type Tasks = {
  [T in TaskName]: (payload: TaskPayloads[T], attempt: Attempt) => Promise<void>;
};

export interface Worker {
  /** Aborts the tasks under way and resolves when they have ended. */
  stop(): Promise<void>;
  /** Resolves when the worker has stopped; rejects if it cannot continue. */
  ended: Promise<void>;
}

const SWEEP_INTERVAL_MS = 2000;
const POLL_INTERVAL_MS = 2000;
const GIVE_BACK_MS = 5000;
/** Pause before a job that failed because of an outage is tried again, and between checks of an unavailable database. */
const OUTAGE_PAUSE_S = 5;
const RETRY_MS = 1000;
/** Time limit for running statements to end when the worker stops. */
const DISCONNECT_MS = 3000;

/**
 * Runs jobs from the queue, up to `concurrency` at a time, until it is stopped. Jobs that a killed worker left behind are run again
 * within seconds. A task that throws is tried again after a growing pause (3 s, 7 s, …). A task that throws because the database is
 * unavailable is tried again soon, and that attempt is not counted.
 *
 * If the database is unavailable, at the start or later, the worker waits for it and then continues.
 * @throws Error if the database cannot be used for another reason, such as a wrong password
 */
export async function runWorker(options: {
  url: string;
  tasks: Tasks;
  concurrency: number;
  /** Tasks of which this worker does one at a time; more of them stay in the queue, for other workers or for later. */
  alone: readonly TaskName[];
  log: Logger;
  /** Ends the wait for a database that is unavailable at the start. */
  signal?: AbortSignal;
}): Promise<Worker> {
  const { url, concurrency, log, signal } = options;
  const pool = new WatchedPool(url, concurrency + 3, log);
  pool.on('connect', (client) => client.on('error', () => {})); // if it is in use, its query fails with the error
  const stopping = new AbortController();
  const jobs = new RunningJobs(options.alone, pool, log, stopping.signal);
  const sweep = () =>
    freeJobsOfDeadWorkers(pool).then(
      (count) => count > 0 && log.warn({ count }, 'Took over jobs of workers that died.'),
      (error: unknown) => log.debug({ err: error }, 'Looking for jobs of dead workers failed.'),
    );

  /** The queue's own runner, which ends where it could not write down how a job ended. */
  async function begin(): Promise<{ runner: Runner; lock: WorkerLock | null }> {
    const events: WorkerEvents = new EventEmitter();
    let lock: WorkerLock | null = null;
    events.on('pool:create', ({ workerPool }) => {
      lock = holdWorkerLock(url, workerPool.id, log, () =>
        jobs.abort('The connection to the database broke.'),
      );
    });
    const stopped = new Promise<void>((resolve) =>
      stopping.signal.addEventListener('abort', () => resolve(), { once: true }),
    );
    const runner = await run({
      pgPool: pool,
      concurrency,
      pollInterval: POLL_INTERVAL_MS,
      noHandleSignals: true,
      logger: queueLogger(log),
      events,
      taskList: taskList(options.tasks, jobs),
      // With a delay, even of nothing, an end that cannot be written down ends the runner; without, it would end the process.
      preset: { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
      // Asked before each job is taken, so a good place to wait for the lock. A job's flag is its task.
      forbiddenFlags: async () => {
        await Promise.race([lock?.held(), stopped]);
        return [...jobs.alone];
      },
    });
    runner.promise.catch(() => {}); // `goOn` waits for it
    return { runner, lock };
  }

  const startOver = async () => {
    await freeJobsOfDeadWorkers(pool); // and find out whether there is a database
    return begin();
  };
  let current: Awaited<ReturnType<typeof begin>>;
  try {
    current = await onceReachable(startOver, log, signal ?? stopping.signal);
  } catch (error) {
    await pool.endWithin(DISCONNECT_MS);
    throw error;
  }
  const sweeping = setInterval(() => void sweep(), SWEEP_INTERVAL_MS);

  async function goOn(): Promise<void> {
    for (;;) {
      try {
        return await current.runner.promise;
      } catch (error) {
        if (stopping.signal.aborted) return;
        if (!databaseOutageOf(error)) throw error;
        log.warn(
          { err: error },
          'The result of a job could not be recorded in the queue. The worker restarts.',
        );
      }
      // Without its lock, others may take what the runner before left behind: so may this one.
      jobs.abort('The connection to the database broke.');
      await current.lock?.release();
      current = await onceReachable(startOver, log, stopping.signal);
    }
  }
  const release = async () => {
    clearInterval(sweeping);
    await current.lock?.release();
    await pool.endWithin(DISCONNECT_MS);
  };
  let stop: Promise<void> | null = null;
  const ended = goOn().catch(async (error: unknown) => {
    if (!stopping.signal.aborted) await release();
    if (!stopping.signal.aborted) throw error;
  });
  ended.catch(() => {}); // callers await `ended` themselves

  return {
    ended,
    stop: () =>
      (stop ??= (async () => {
        stopping.abort();
        jobs.abort('The worker is stopping.');
        await current.runner.stop().catch((error: unknown) => {
          log.debug({ err: error }, 'The queue had stopped already.');
        });
        await jobs.giveBackInterrupted();
        await release();
      })()),
  };
}

/** Returns the result of `work`, tried until the database is available. Throws other errors, and when the signal aborts. */
export async function onceReachable<Result>(
  work: () => Promise<Result>,
  log: Logger,
  signal: AbortSignal,
): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      const unavailable = databaseOutageOf(error);
      signal.throwIfAborted();
      if (!unavailable) throw error;
      if (attempt % 10 === 1)
        log.warn({ err: error }, `The database is ${unavailable}. The worker waits for it.`);
      await sleep(RETRY_MS, null, { signal });
    }
  }
}

function taskList(tasks: Tasks, jobs: RunningJobs): Record<TaskName, Task> {
  const carryOut =
    <Payload>(
      name: TaskName,
      schema: z.ZodType<Payload>,
      task: (payload: Payload, attempt: Attempt) => Promise<void>,
    ): Task =>
    (payload, { job }) =>
      jobs.run(name, job, (signal) => task(schema.parse(payload), { signal, attempt: job.attempts }));
  return {
    'ingest-snapshot': carryOut('ingest-snapshot', taskPayloads['ingest-snapshot'], tasks['ingest-snapshot']),
    'ingest-reviews': carryOut('ingest-reviews', taskPayloads['ingest-reviews'], tasks['ingest-reviews']),
    train: carryOut('train', taskPayloads.train, tasks.train),
    evaluate: carryOut('evaluate', taskPayloads.evaluate, tasks.evaluate),
    fit: carryOut('fit', taskPayloads.fit, tasks.fit),
    'classify-folder': carryOut('classify-folder', taskPayloads['classify-folder'], tasks['classify-folder']),
    'delete-erased-images': carryOut(
      'delete-erased-images',
      taskPayloads['delete-erased-images'],
      tasks['delete-erased-images'],
    ),
    'tick-training-schedule': carryOut(
      'tick-training-schedule',
      taskPayloads['tick-training-schedule'],
      tasks['tick-training-schedule'],
    ),
  };
}

/** The running jobs, which can all be asked to stop. */
class RunningJobs {
  readonly #controllers = new Set<AbortController>();
  /** The jobs that threw after they were asked to stop. */
  private readonly interrupted: Job[] = [];
  /** Tasks under way that are to be alone. */
  readonly alone = new Set<TaskName>();
  readonly #returned: Promise<void>[] = [];

  constructor(
    private readonly tasksAlone: readonly TaskName[],
    private readonly pool: WatchedPool,
    private readonly log: Logger,
    private readonly stopping: AbortSignal,
  ) {}

  async run(name: TaskName, job: Job, task: (signal: AbortSignal) => Promise<void>): Promise<void> {
    if (this.alone.has(name)) {
      // Both were taken off the queue at the same moment.
      this.#returned.push(giveBack(this.pool, job, { pauseS: 0, counts: false }));
      throw new Error(`This worker has begun another job '${name}': this one goes back to the queue.`);
    }
    if (this.tasksAlone.includes(name)) this.alone.add(name);
    const controller = new AbortController();
    this.#controllers.add(controller);
    try {
      await task(controller.signal);
    } catch (error) {
      await this.#afterFailure(job, error, controller.signal.aborted);
      throw error;
    } finally {
      this.#controllers.delete(controller);
      this.alone.delete(name);
    }
    await this.#reachable();
  }

  /** Attempts that were interrupted or ended by an outage are not counted. */
  async #afterFailure(job: Job, error: unknown, wasAborted: boolean): Promise<void> {
    if (this.stopping.aborted) return void this.interrupted.push(job);
    await this.#reachable();
    if (error instanceof RetryError && !wasAborted) {
      this.#returned.push(giveBack(this.pool, job, error));
      return;
    }
    const isOutage = error instanceof UnavailableError || databaseOutageOf(error) !== null;
    if (!isOutage && !wasAborted) return;
    this.log.warn({ err: error, jobId: job.id }, 'A job was interrupted and will be continued.');
    this.#returned.push(giveBack(this.pool, job, { pauseS: isOutage ? OUTAGE_PAUSE_S : 0, counts: false }));
  }

  /** What has ended is written down as soon as that is possible: the queue itself would try once. */
  async #reachable(): Promise<void> {
    await onceReachable(() => this.pool.query('SELECT 1'), this.log, this.stopping).catch(
      (error: unknown) => {
        this.log.debug({ err: error }, 'The database could not be reached before the worker stops.');
      },
    );
  }

  /** Being interrupted is no failed attempt: the next worker is to take these jobs at once. */
  async giveBackInterrupted(): Promise<void> {
    await Promise.all([
      ...this.interrupted.map((job) => giveBack(this.pool, job, { pauseS: 0, counts: false })),
      ...this.#returned,
    ]);
  }

  abort(reason: string): void {
    for (const controller of this.#controllers) controller.abort(new Error(reason));
  }
}

/**
 * Schedules a job that threw to run again after `seconds`, without counting the attempt. The queue records the failure in the
 * background and refuses to change the job before that, so this may need several tries. A job that stays locked is freed when the
 * worker's lock is released. Never throws.
 */
async function giveBack(
  pool: WatchedPool,
  { id, attempts }: Job,
  { pauseS, counts }: { pauseS: number; counts: boolean },
): Promise<void> {
  const deadline = Date.now() + GIVE_BACK_MS;
  while (Date.now() < deadline) {
    try {
      const { rowCount } = await pool.query(
        `SELECT FROM graphile_worker.reschedule_jobs(
           ARRAY[$1::bigint], now() + make_interval(secs => $3), attempts => $2)`,
        [id, counts ? attempts : attempts - 1, pauseS],
      );
      if (rowCount) return;
    } catch (error) {
      if (!databaseOutageOf(error)) throw error;
    }
    await sleep(20);
  }
}

function queueLogger(log: Logger): QueueLogger {
  const levels = { error: 'error', warning: 'warn', info: 'debug', debug: 'trace' } as const;
  return new QueueLogger(({ taskIdentifier, jobId }) => (level, message, meta) => {
    log[levels[level]]({ task: taskIdentifier, jobId, err: meta?.error }, message);
  });
}
