import type { DatabaseOrTransaction } from '../database/client.js';
import { publish } from '../database/events.js';
import { Prisma } from '../database/generated/client.js';

// The status of a job, in the row that the job works on. All such tables have the columns "status" (QUEUED, RUNNING, SUCCEEDED,
// FAILED, CANCELLED), "startedAt", "finishedAt", "cancelRequestedAt" and "error". Each function changes the status only if the job
// has the status that the change starts from.

export interface JobTable {
  name: 'BulkClassification' | 'TrainingRun' | 'Evaluation' | 'Fit';
  /** Published after each change, in the same transaction if there is one. */
  changeEvent: 'bulk-classification-changed' | 'training-run-changed' | 'evaluation-changed' | 'fit-changed';
}

/** The job was cancelled or has ended, so its results must not be recorded. */
export class JobNotRunningError extends Error {
  override readonly name = 'JobNotRunningError';

  constructor(id: string) {
    super(`The job ${id} is not running any more.`);
  }
}

/**
 * QUEUED → RUNNING. A job that is RUNNING already stays so: its worker died. One that was to be cancelled becomes CANCELLED.
 * @returns whether the job is RUNNING now
 */
export async function startJob(
  database: DatabaseOrTransaction,
  table: JobTable,
  id: string,
): Promise<boolean> {
  await markCancelled(database, table, id);
  await change(database, table, id, {
    from: Prisma.sql`"status" = 'QUEUED'`,
    to: Prisma.sql`"status" = 'RUNNING', "startedAt" = transaction_timestamp()`,
  });
  const running = await database.$queryRaw<unknown[]>`
    SELECT FROM ${nameOf(table)} WHERE "id" = ${id} AND "status" = 'RUNNING'`;
  return running.length > 0;
}

/**
 * RUNNING → SUCCEEDED.
 * @throws JobNotRunningError if the job has ended or is to be cancelled
 */
export async function markSucceeded(
  database: DatabaseOrTransaction,
  table: JobTable,
  id: string,
): Promise<void> {
  const hasChanged = await change(database, table, id, {
    from: Prisma.sql`"status" = 'RUNNING' AND "cancelRequestedAt" IS NULL`,
    to: Prisma.sql`"status" = 'SUCCEEDED', "finishedAt" = transaction_timestamp()`,
  });
  if (!hasChanged) throw new JobNotRunningError(id);
}

/**
 * QUEUED or RUNNING → FAILED.
 * @param error a sentence for the person who started the job
 */
export async function markFailed(
  database: DatabaseOrTransaction,
  table: JobTable,
  id: string,
  error: string,
): Promise<void> {
  await change(database, table, id, {
    from: Prisma.sql`"status" IN ('QUEUED', 'RUNNING')`,
    to: Prisma.sql`"status" = 'FAILED', "error" = ${error}, "finishedAt" = transaction_timestamp()`,
  });
}

/** RUNNING → CANCELLED, for a job that was asked to stop. */
export async function markCancelled(
  database: DatabaseOrTransaction,
  table: JobTable,
  id: string,
): Promise<void> {
  await change(database, table, id, {
    from: Prisma.sql`"status" = 'RUNNING' AND "cancelRequestedAt" IS NOT NULL`,
    to: Prisma.sql`"status" = 'CANCELLED', "finishedAt" = transaction_timestamp()`,
  });
}

/**
 * Cancels a QUEUED job at once, and asks a RUNNING one to stop.
 * @returns whether that changed anything: it does not if the job has ended or was asked to stop before
 */
export async function requestCancel(
  database: DatabaseOrTransaction,
  table: JobTable,
  id: string,
): Promise<boolean> {
  const wasQueued = await change(database, table, id, {
    from: Prisma.sql`"status" = 'QUEUED'`,
    to: Prisma.sql`"status" = 'CANCELLED', "cancelRequestedAt" = transaction_timestamp(),
      "finishedAt" = transaction_timestamp()`,
  });
  if (wasQueued) return true;
  return change(database, table, id, {
    from: Prisma.sql`"status" = 'RUNNING' AND "cancelRequestedAt" IS NULL`,
    to: Prisma.sql`"cancelRequestedAt" = transaction_timestamp()`,
  });
}

/**
 * FAILED → QUEUED. The caller adds the job to the queue in the same transaction.
 * @returns false if the job is not FAILED
 */
export async function requeueJob(
  database: DatabaseOrTransaction,
  table: JobTable,
  id: string,
): Promise<boolean> {
  return change(database, table, id, {
    from: Prisma.sql`"status" = 'FAILED'`,
    to: Prisma.sql`"status" = 'QUEUED', "error" = NULL, "startedAt" = NULL, "finishedAt" = NULL`,
  });
}

/** The status of a job, and whether it was asked to stop. */
export async function jobState(
  database: DatabaseOrTransaction,
  table: JobTable,
  id: string,
): Promise<{ status: string; isCancelRequested: boolean }> {
  const [state] = await database.$queryRaw<{ status: string; isCancelRequested: boolean }[]>`
    SELECT "status"::text, "cancelRequestedAt" IS NOT NULL AS "isCancelRequested" FROM ${nameOf(table)} WHERE "id" = ${id}`;
  if (!state) throw new Error(`${table.name} has no row ${id}.`);
  return state;
}

async function change(
  database: DatabaseOrTransaction,
  table: JobTable,
  id: string,
  { from, to }: { from: Prisma.Sql; to: Prisma.Sql },
): Promise<boolean> {
  const count = await database.$executeRaw`UPDATE ${nameOf(table)} SET ${to} WHERE "id" = ${id} AND ${from}`;
  if (count > 0) await publish(database, { type: table.changeEvent, id });
  return count > 0;
}

function nameOf({ name }: JobTable): Prisma.Sql {
  return Prisma.raw(`"${name}"`);
}
