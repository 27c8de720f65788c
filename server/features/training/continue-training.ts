import { authorise } from '../../api/authorise.js';
import type { RequestContext } from '../../api/context.js';
import { UserErrorCode, userError } from '../../api/user-error.js';
import { enqueue } from '../../jobs/queue.js';
import { AuditAction } from '../audit/record-audit-event.js';
import { continueJob } from '../job-control/continue-job.js';
import { findTrainingRun } from './find-training-run.js';
import { runRelations, type TrainingRunRow } from './load-runs.js';
import { trainingRuns } from './run-lifecycle.js';

/** Continues a FAILED training run after its last checkpoint, or from the start if its worker no longer has one. */
export async function continueTraining(
  context: RequestContext,
  id: string,
): Promise<{ trainingRun: TrainingRunRow }> {
  authorise(context, 'train');
  if (!(await findTrainingRun(context, id))) {
    throw userError(UserErrorCode.NOT_FOUND, 'There is no such training run.', ['id']);
  }
  const job = { table: trainingRuns, id, name: 'training run', action: AuditAction.TRAINING_CONTINUED };
  await continueJob(context, job, (tx) => enqueue(tx, 'train', { trainingRunId: id }));
  const trainingRun = await context.database.trainingRun.findUniqueOrThrow({
    where: { id },
    include: runRelations,
  });
  return { trainingRun };
}
