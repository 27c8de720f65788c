import { authorise } from '../../api/authorise.js';
import type { RequestContext } from '../../api/context.js';
import { UserErrorCode, userError } from '../../api/user-error.js';
import { enqueue } from '../../jobs/queue.js';
import { AuditAction } from '../audit/record-audit-event.js';
import { continueJob } from '../job-control/continue-job.js';
import { lockModel } from '../models/find-or-create-model.js';
import { fits } from './fit-lifecycle.js';
import { refuseSameFit } from './refuse-same-fit.js';
import type { FitRow } from './load-fits.js';

/** Queues a FAILED fit again. It scores all cells again. */
export async function continueFit(context: RequestContext, id: string): Promise<{ fit: FitRow }> {
  authorise(context, 'train');
  const { database } = context;
  const failed = await database.fit.findUnique({
    where: { id },
    include: { modelVersion: { select: { modelId: true } } },
  });
  if (!failed) throw userError(UserErrorCode.NOT_FOUND, 'There is no such fit.', ['id']);
  const job = { table: fits, id, name: 'fit', action: AuditAction.FIT_CONTINUED };
  await continueJob(context, job, async (tx) => {
    await lockModel(tx, failed.modelVersion.modelId);
    await refuseSameFit(tx, failed, ['id']);
    await enqueue(tx, 'fit', { fitId: id });
  });
  return { fit: await database.fit.findUniqueOrThrow({ where: { id } }) };
}
