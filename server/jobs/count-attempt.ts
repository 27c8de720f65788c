import type { Database } from '../database/client.js';

/**
 * Counts the attempts at a job since it last made progress, this one included. Called at the start of each attempt: a worker
 * that is killed cannot write anything, so this compares the job's progress with its progress at the start of the previous
 * attempt. The first attempt of a queued job starts a new count.
 *
 * @param now.attempt the number of the attempt, as the queue counts them, from 1
 * @param now.progress how much the job has recorded so far
 * @returns 1 in the first attempt and in the first attempt after progress
 */
export async function countAttempt(
  database: Database,
  jobId: string,
  { attempt, progress }: { attempt: number; progress: number },
): Promise<number> {
  const previous = await database.jobAttempt.findUnique({ where: { jobId } });
  // Without a record, the earlier attempts were those of a release that kept none.
  const isReset = attempt === 1 || (previous !== null && progress > previous.progress);
  const firstAttempt = isReset ? attempt : (previous?.firstAttempt ?? 1);
  const counted = { firstAttempt, progress };
  await database.jobAttempt.upsert({ where: { jobId }, create: { jobId, ...counted }, update: counted });
  return attempt - firstAttempt + 1;
}

/** Removes the record of a job that has ended. */
export async function forgetAttempts(database: Database, jobId: string): Promise<void> {
  await database.jobAttempt.deleteMany({ where: { jobId } });
}
