import { authorise } from '../../api/authorise.js';
import type { RequestContext } from '../../api/context.js';
import { UserErrorCode, userError } from '../../api/user-error.js';
import { AuditAction } from '../audit/record-audit-event.js';
import { cancelJob } from '../job-control/cancel-job.js';
import { findTrainingRun } from './find-training-run.js';
import { runRelations, type TrainingRunRow } from './load-runs.js';
import { trainingRuns } from './run-lifecycle.js';

/** Cancels a training run. Nothing is registered for it. */
export async function cancelTraining(
  context: RequestContext,
  id: string,
): Promise<{ trainingRun: TrainingRunRow }> {
  authorise(context, 'train');
  if (!(await findTrainingRun(context, id))) {
    throw userError(UserErrorCode.NOT_FOUND, 'There is no such training run.', ['id']);
  }
  const action = AuditAction.TRAINING_CANCELLED;
  await cancelJob(context, { table: trainingRuns, id, name: 'training run', action });
  const trainingRun = await context.database.trainingRun.findUniqueOrThrow({
    where: { id },
    include: runRelations,
  });
  return { trainingRun };
}
