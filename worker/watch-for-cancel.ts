import type { Logger } from 'pino';
import type { Database } from '../server/database/client.js';
import { JobNotRunningError, jobState, type JobTable } from '../server/jobs/job-table.js';

/** Milliseconds between two checks whether a job was cancelled. */
const POLL_INTERVAL = 500;

/** Aborts `signal` with JobNotRunningError soon after a job was asked to stop, until `end` is called. */
export function watchForCancel(
  { database, log }: { database: Database; log: Logger },
  table: JobTable,
  id: string,
): { signal: AbortSignal; end: () => void } {
  const cancel = new AbortController();
  const check = async () => {
    const { status, isCancelRequested } = await jobState(database, table, id);
    if (status !== 'RUNNING' || isCancelRequested) cancel.abort(new JobNotRunningError(id));
  };
  const timer = setInterval(() => {
    check().catch((error: unknown) => log.warn({ err: error }, 'Could not check whether a job is cancelled'));
  }, POLL_INTERVAL);
  return { signal: cancel.signal, end: () => clearInterval(timer) };
}
