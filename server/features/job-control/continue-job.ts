import type { RequestContext } from '../../api/context.js';
import { UserErrorCode, userError } from '../../api/user-error.js';
import type { Transaction } from '../../database/client.js';
import { jobState, requeueJob } from '../../jobs/job-table.js';
import { recordAuditEvent } from '../audit/record-audit-event.js';
import type { ControlledJob } from './cancel-job.js';

/**
 * Puts a FAILED job back into the queue and records that in the audit trail. The job continues with what is left to do.
 * @param enqueue adds the job to the queue
 * @throws UserErrorException with the code CONFLICT if the job is not FAILED
 */
export async function continueJob(
  context: RequestContext,
  { table, id, name, action }: ControlledJob,
  enqueue: (tx: Transaction) => Promise<void>,
): Promise<void> {
  await context.database.$transaction(async (tx) => {
    if (!(await requeueJob(tx, table, id))) {
      const { status } = await jobState(tx, table, id);
      throw notFailed(name, status);
    }
    await enqueue(tx);
    await recordAuditEvent(tx, context, { action, entityId: id });
  });
}

/** The error for a job that cannot be continued because of its status. */
export function notFailed(name: string, status: string) {
  const message = `The ${name} is ${status}. Only a FAILED ${name} can be continued.`;
  return userError(UserErrorCode.CONFLICT, message, ['id']);
}
