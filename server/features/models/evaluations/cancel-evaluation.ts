import { authorise } from '../../../api/authorise.js';
import type { RequestContext } from '../../../api/context.js';
import { UserErrorCode, userError } from '../../../api/user-error.js';
import { AuditAction } from '../../audit/record-audit-event.js';
import { cancelJob } from '../../job-control/cancel-job.js';
import { evaluations } from './evaluation-lifecycle.js';
import { evaluationOf, type EvaluationView } from './load-evaluations.js';

/** Cancels an evaluation. It has no metrics. */
export async function cancelEvaluation(
  context: RequestContext,
  id: string,
): Promise<{ evaluation: EvaluationView }> {
  authorise(context, 'evaluate models');
  const { database } = context;
  if (!(await database.evaluation.findUnique({ where: { id }, select: { id: true } }))) {
    throw userError(UserErrorCode.NOT_FOUND, 'There is no such evaluation.', ['id']);
  }
  const action = AuditAction.MODEL_EVALUATION_CANCELLED;
  await cancelJob(context, { table: evaluations, id, name: 'evaluation', action });
  return { evaluation: evaluationOf(await database.evaluation.findUniqueOrThrow({ where: { id } })) };
}
