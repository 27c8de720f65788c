import type { Manifest } from '../../../../artifact/manifest.js';
import { EvaluationMetrics, type Interval } from '../../../../artifact/classification-metrics.js';
import type { Database } from '../../../../database/client.js';
import type { PromotionPolicy } from '../../../../promotion-policy.js';
import type { SnapshotRow } from '../../../datasets/load-snapshots.js';
import { overlapWithTraining } from '../../evaluations/training-overlap.js';

/** An evaluation that the gates may use. */
export interface CountingEvaluation {
  id: string;
  metrics: EvaluationMetrics & { auc: Interval };
  snapshot: SnapshotRow;
  /** A sentence about images and patients that it shares with the training data. */
  overlap: string | null;
}

/**
 * The evaluations of a version that count for promotion, newest first: those that were requested, SUCCEEDED, contain images of
 * both classes, and share no known image or patient with the training data. If the policy requires an evaluation, the overlap with
 * the training data must also have been checked, as far as patient names allow. `excluded` says why the newest evaluation that
 * does not count was excluded.
 */
export async function countingEvaluations(
  database: Database,
  policy: PromotionPolicy,
  version: { id: string; manifest: Manifest },
): Promise<{ counting: CountingEvaluation[]; excluded: string | null }> {
  const evaluations = await requestedEvaluations(database, version.id);
  const counting: CountingEvaluation[] = [];
  let excluded: string | null = null;
  for (const evaluation of evaluations) {
    const { isKnown, isContaminated, sentence } = await overlapWithTraining(
      database,
      version.manifest,
      evaluation.snapshot,
    );
    const isChecked = isKnown || policy.evaluation !== 'required';
    if (isChecked && !isContaminated) counting.push({ ...evaluation, overlap: sentence });
    else excluded ??= `The evaluation on ${nameOf(evaluation.snapshot)} does not count. ${sentence}`;
  }
  return { counting, excluded };
}

/** The requested evaluations on whole snapshots, newest first. Excludes those that a training run recorded on its own splits. */
export async function requestedEvaluations(
  database: Database,
  modelVersionId: string,
): Promise<CountingEvaluation[]> {
  const rows = await database.evaluation.findMany({
    where: { modelVersionId, split: null, status: 'SUCCEEDED' },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    include: { datasetSnapshot: true },
  });
  return rows.flatMap(({ id, metrics, datasetSnapshot, overlap }) => {
    const { auc, ...others } = EvaluationMetrics.parse(metrics);
    return auc ? [{ id, metrics: { ...others, auc }, snapshot: datasetSnapshot, overlap }] : [];
  });
}

export function nameOf({ name, version }: { name: string; version: number }): string {
  return `${name} version ${version}`;
}
