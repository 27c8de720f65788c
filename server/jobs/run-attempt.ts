import type { Logger } from 'pino';
import type { Database } from '../database/client.js';
import { unavailableOf } from '../outages/unavailable-of.js';
import { type ObjectStore, ObjectStoreError } from '../storage/object-store.js';
import { JobNotRunningError } from './job-table.js';
import { countAttempt, forgetAttempts } from './count-attempt.js';
import { RetryError } from './retry-error.js';

/** How often a job is attempted without making progress before it is FAILED. */
export const MAX_ATTEMPTS = 3;

const WORKER_DIED =
  'The worker stopped unexpectedly in every attempt. It may have run out of memory: see its log.';
/** Seconds until an attempt that made progress, and then failed, is followed by the next. */
const PAUSE_AFTER_PROGRESS_S = 5;

/** One attempt at a job, as the queue describes it. */
export interface Attempt {
  /** Aborted when the worker stops or may no longer work on the job. */
  signal: AbortSignal;
  /** Counts from 1. An attempt that was interrupted by an outage or by the worker stopping is not counted. */
  attempt: number;
}

/** The steps of one kind of job. */
export interface Job<Started, Result> {
  /** The id of the row that the job works on. */
  id: string;
  /** Marks the job as running and loads it. Returns null if there is nothing to do, for example because it was cancelled. */
  start: () => Promise<Started | null>;
  /** How much the job has recorded in the database so far. A number that grows as work is done, also over several attempts. */
  progress: () => Promise<number>;
  /** Does the work. May be stopped at any time; the next attempt continues with what is not recorded yet. */
  work: (started: Started) => Promise<Result>;
  /** Records the result. Omit it if `work` records the result itself. */
  succeed?: (result: Result) => Promise<void>;
  /** Marks the job FAILED. `reason` is a sentence for the person who started the job. */
  fail: (reason: string) => Promise<void>;
  /** Marks the job CANCELLED, after `work` or `succeed` threw JobNotRunningError. */
  cancel?: () => Promise<void>;
  /** Errors that another attempt would only repeat. Their messages are shown to the person who started the job. */
  finalErrors?: readonly ErrorClass[];
  /** Other errors whose messages are shown to that person. Those of the object store always are. */
  explainedErrors?: readonly ErrorClass[];
}

type ErrorClass = abstract new (...args: never[]) => Error;

export interface AttemptServices {
  database: Database;
  store: Pick<ObjectStore, 'probe'>;
  log: Logger;
}

/**
 * Runs one attempt at a job: start, work, succeed; and fail if that is the end of it. All jobs behave alike:
 *
 * - An attempt counts against MAX_ATTEMPTS only if nothing was recorded since the attempt before it started. So a long job
 *   finishes however often its worker is killed, as long as each worker gets something done.
 * - An attempt that is interrupted because the worker stops, or because the database or the server's object store is
 *   unavailable, does not count.
 * - A final error, and any other error in the last attempt, makes the job FAILED with a reason.
 *
 * @throws what the queue needs to repeat the job: RetryError, UnavailableError, or any error after `signal` was aborted
 */
export async function runAttempt<Started, Result>(
  services: AttemptServices,
  { signal, attempt }: Attempt,
  job: Job<Started, Result>,
): Promise<void> {
  const { database, log } = services;
  const { id } = job;
  const started = await job.start();
  if (started === null) return forgetAttempts(database, id);
  const progress = await job.progress();
  const count = await countAttempt(database, id, { attempt, progress });
  try {
    if (count > MAX_ATTEMPTS) await job.fail(WORKER_DIED);
    else {
      const result = await job.work(started);
      await job.succeed?.(result);
    }
  } catch (error) {
    if (error instanceof JobNotRunningError) await job.cancel?.();
    else if (signal.aborted) throw error;
    else {
      log.warn({ err: error, jobId: id, attempt }, 'An attempt at a job failed');
      if (!isOneOf(error, job.finalErrors ?? [])) {
        await throwIfUnavailable(services, error);
        if ((await job.progress()) > progress) throw new RetryError(error, PAUSE_AFTER_PROGRESS_S, false);
        if (count < MAX_ATTEMPTS) throw new RetryError(error, Math.exp(count), true);
      }
      await job.fail(reasonOf(job, error));
    }
  }
  await forgetAttempts(database, id);
}

/** Throws UnavailableError if the error is due to an outage that the whole server suffers from. */
async function throwIfUnavailable({ store }: AttemptServices, error: unknown): Promise<void> {
  const unavailable = unavailableOf(error);
  if (unavailable?.dependency === 'database') throw unavailable;
  if (unavailable === null) return;
  // The error may come from the bucket or folder that the job reads, which may never become available.
  const isOwnStore = await store.probe().then(
    () => false,
    () => true,
  );
  if (isOwnStore) throw unavailable;
}

function isOneOf(error: unknown, kinds: readonly ErrorClass[]): error is Error {
  return kinds.some((kind) => error instanceof kind);
}

function reasonOf(
  {
    id,
    finalErrors = [],
    explainedErrors = [],
  }: Pick<Job<never, never>, 'id' | 'finalErrors' | 'explainedErrors'>,
  error: unknown,
): string {
  if (isOneOf(error, [...finalErrors, ...explainedErrors, ObjectStoreError])) return error.message;
  return `An unexpected error occurred in the worker. Its log has the details, under ${id}.`;
}
