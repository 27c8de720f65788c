import { authorise } from '../../api/authorise.js';
import type { RequestContext } from '../../api/context.js';
import { UserErrorCode, userError } from '../../api/user-error.js';
import { AuditAction } from '../audit/record-audit-event.js';
import { cancelJob } from '../job-control/cancel-job.js';
import { fits } from './fit-lifecycle.js';
import type { FitRow } from './load-fits.js';

/** Cancels a fit. No version is registered. */
export async function cancelFit(context: RequestContext, id: string): Promise<{ fit: FitRow }> {
  authorise(context, 'train');
  const { database } = context;
  if (!(await database.fit.findUnique({ where: { id }, select: { id: true } }))) {
    throw userError(UserErrorCode.NOT_FOUND, 'There is no such fit.', ['id']);
  }
  await cancelJob(context, { table: fits, id, name: 'fit', action: AuditAction.FIT_CANCELLED });
  return { fit: await database.fit.findUniqueOrThrow({ where: { id } }) };
}
