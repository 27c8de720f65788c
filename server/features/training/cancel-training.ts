import { authorise } from '../../api/authorise.js';
import type { RequestContext } from '../../api/context.js';
import { UserErrorCode, userError } from '../../api/user-error.js';
import { databaseTime } from '../../database/clock.js';
import { AuditAction, recordAuditEvent } from '../audit/record-audit-event.js';
import { findTrainingRun } from './find-training-run.js';
import { runRelations, type TrainingRunRow } from './load-runs.js';
import { changeRun } from './run-lifecycle.js';

/**
 * Stops a run. One that is QUEUED is CANCELLED at once, and its job finds nothing to do; one that is RUNNING is told to
 * stop, and is CANCELLED when it has. Cancelling it again changes nothing.
 */
export async function cancelTraining(
  context: RequestContext,
  id: string,
): Promise<{ trainingRun: TrainingRunRow }> {
  authorise(context, 'train');
  if (!(await findTrainingRun(context, id))) {
    throw userError(UserErrorCode.NOT_FOUND, 'There is no such training run.', ['id']);
  }

  const trainingRun = await context.database.$transaction(async (tx) => {
    const now = await databaseTime(tx);
    const changed =
      (await changeRun(
        tx,
        { id, status: 'QUEUED' },
        { status: 'CANCELLED', cancelRequestedAt: now, finishedAt: now },
      )) ||
      (await changeRun(tx, { id, status: 'RUNNING', cancelRequestedAt: null }, { cancelRequestedAt: now }));
    const run = await tx.trainingRun.findUniqueOrThrow({ where: { id }, include: runRelations });
    if (changed)
      await recordAuditEvent(tx, context, { action: AuditAction.TRAINING_CANCELLED, entityId: id });
    else if (run.cancelRequestedAt === null) {
      throw userError(UserErrorCode.CONFLICT, `The run has ended: it is ${run.status}.`, ['id']);
    }
    return run;
  });
  return { trainingRun };
}
