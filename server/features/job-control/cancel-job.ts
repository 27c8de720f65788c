import type { RequestContext } from '../../api/context.js';
import { UserErrorCode, userError } from '../../api/user-error.js';
import { jobState, type JobTable, requestCancel } from '../../jobs/job-table.js';
import { type AuditAction, recordAuditEvent } from '../audit/record-audit-event.js';

/** A job that exists, and that the caller may cancel or continue. */
export interface ControlledJob {
  table: JobTable;
  id: string;
  /** What the job is called in messages: 'training run'. */
  name: string;
  action: AuditAction;
}

/**
 * Cancels a job and records that in the audit trail. A QUEUED job is CANCELLED at once, a RUNNING one as soon as its worker
 * notices. Cancelling a job again changes nothing.
 * @throws UserErrorException with the code CONFLICT if the job has ended in another way
 */
export async function cancelJob(
  context: RequestContext,
  { table, id, name, action }: ControlledJob,
): Promise<void> {
  await context.database.$transaction(async (tx) => {
    if (await requestCancel(tx, table, id)) return recordAuditEvent(tx, context, { action, entityId: id });
    const { status, isCancelRequested } = await jobState(tx, table, id);
    if (isCancelRequested) return;
    throw userError(UserErrorCode.CONFLICT, `The ${name} has already ended: it is ${status}.`, ['id']);
  });
}
