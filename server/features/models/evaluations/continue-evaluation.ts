import { authorise } from '../../../api/authorise.js';
import type { RequestContext } from '../../../api/context.js';
import { UserErrorCode, userError } from '../../../api/user-error.js';
import { enqueue } from '../../../jobs/queue.js';
import { AuditAction } from '../../audit/record-audit-event.js';
import { continueJob } from '../../job-control/continue-job.js';
import { lockModel } from '../find-or-create-model.js';
import { evaluations } from './evaluation-lifecycle.js';
import { evaluationOf, type EvaluationView } from './load-evaluations.js';

/** Queues a FAILED evaluation again. It starts from the first image. */
export async function continueEvaluation(
  context: RequestContext,
  id: string,
): Promise<{ evaluation: EvaluationView }> {
  authorise(context, 'evaluate models');
  const { database } = context;
  const failed = await database.evaluation.findUnique({ where: { id }, include: { modelVersion: true } });
  if (!failed) throw userError(UserErrorCode.NOT_FOUND, 'There is no such evaluation.', ['id']);
  const { modelVersionId, datasetSnapshotId, modelVersion } = failed;
  const job = { table: evaluations, id, name: 'evaluation', action: AuditAction.MODEL_EVALUATION_CONTINUED };
  await continueJob(context, job, async (tx) => {
    await lockModel(tx, modelVersion.modelId);
    const other = await tx.evaluation.findFirst({
      where: {
        ...{ modelVersionId, datasetSnapshotId, id: { not: id } },
        status: { in: ['QUEUED', 'RUNNING'] },
      },
    });
    if (other) {
      const message = `The same evaluation is already ${other.status}. Wait for ${other.id}.`;
      throw userError(UserErrorCode.CONFLICT, message, ['id']);
    }
    await enqueue(tx, 'evaluate', { evaluationId: id });
  });
  return { evaluation: evaluationOf(await database.evaluation.findUniqueOrThrow({ where: { id } })) };
}
