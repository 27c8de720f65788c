import { runMigrations } from 'graphile-worker';
import { z } from 'zod';
import type { DatabaseOrTransaction } from '../database/client.js';
import { withMigrationLock } from '../database/migrate.js';

/** The payload of each task. */
export const taskPayloads = {
  'ingest-snapshot': z.object({ snapshotId: z.string() }),
  'ingest-reviews': z.object({ snapshotId: z.string() }),
  train: z.object({ trainingRunId: z.string() }),
  evaluate: z.object({ evaluationId: z.string() }),
  fit: z.object({ fitId: z.string() }),
  'classify-folder': z.object({ bulkClassificationId: z.string() }),
  'delete-erased-images': z.object({}),
  /** `dueAt`: ISO 8601; the tick counts only while the schedule is due then. */
  'tick-training-schedule': z.object({ scheduleId: z.string(), dueAt: z.iso.datetime() }),
} as const;

export type TaskName = keyof typeof taskPayloads;
export type TaskPayloads = { [T in TaskName]: z.infer<(typeof taskPayloads)[T]> };

/** The queue runs a job as often as it throws or its worker dies: `runAttempt` decides when to stop. The largest value that Postgres stores. */
const UNLIMITED_ATTEMPTS = 32_767;

/**
 * Adds a job; handed a transaction, the job exists if and only if that commits.
 * @param options.jobKey replaces the waiting job of the same key instead of adding a second one
 * @param options.runAt not before then; default: at once
 */
export async function enqueue<T extends TaskName>(
  transaction: DatabaseOrTransaction,
  task: T,
  payload: TaskPayloads[T],
  options: { jobKey?: string; runAt?: Date } = {},
): Promise<void> {
  // The flag lets a worker leave a task's jobs in the queue.
  await transaction.$executeRaw`
    SELECT graphile_worker.add_job(${task}, ${JSON.stringify(payload)}::json,
      job_key => ${options.jobKey ?? null}, run_at => ${options.runAt ?? null}::timestamptz, max_attempts => ${UNLIMITED_ATTEMPTS},
      flags => ARRAY[${task}])`;
}

/** Whether the job with this key is waiting, to be tried again, or being done. */
export async function isUnderWay(database: DatabaseOrTransaction, jobKey: string): Promise<boolean> {
  const jobs = await database.$queryRaw<unknown[]>`
    SELECT FROM graphile_worker.jobs WHERE "key" = ${jobKey} AND ("locked_at" IS NOT NULL OR "attempts" < "max_attempts")`;
  return jobs.length > 0;
}

/** Creates or updates the queue's own tables, in their schema `graphile_worker`. */
export async function migrateQueue(url: string): Promise<void> {
  await withMigrationLock(url, () => runMigrations({ connectionString: url }));
}
