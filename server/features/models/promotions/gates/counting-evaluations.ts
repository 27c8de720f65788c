import type { Manifest } from '../../../../artifact/manifest.js';
import { EvaluationMetrics, type Interval } from '../../../../artifact/classification-metrics.js';
import type { Database } from '../../../../database/client.js';
import type { PromotionPolicy } from '../../../../promotion-policy.js';
import type { SnapshotRow } from '../../../datasets/load-snapshots.js';
import { overlapWithTraining } from '../../evaluations/training-overlap.js';

/** An evaluation that a promotion may be decided by. */
export interface CountingEvaluation {
  metrics: EvaluationMetrics & { auc: Interval };
  snapshot: SnapshotRow;
  /** What is known of images and patients that it shares with the training data. */
  overlap: string | null;
}

/**
 * The evaluations of a version that count, newest first: those that were asked for and SUCCEEDED, on images of both classes
 * and on no image and no patient that is known to be in the training data. Where the policy requires one, only those on a
 * snapshot that was held against the training data, as far as names of patients can tell; `excluded` says why the newest of
 * the others does not count.
 */
export async function countingEvaluations(
  database: Database,
  policy: PromotionPolicy,
  version: { id: string; manifest: Manifest },
): Promise<{ counting: CountingEvaluation[]; excluded: string | null }> {
  const evaluations = await askedForEvaluations(database, version.id);
  const counting: CountingEvaluation[] = [];
  let excluded: string | null = null;
  for (const evaluation of evaluations) {
    const { isKnown, isContaminated, sentence } = await overlapWithTraining(
      database,
      version.manifest,
      evaluation.snapshot,
    );
    const isEnough = isKnown || policy.evaluation !== 'required';
    if (isEnough && !isContaminated) counting.push({ ...evaluation, overlap: sentence });
    else excluded ??= `The one on ${nameOf(evaluation.snapshot)} does not count. ${sentence}`;
  }
  return { counting, excluded };
}

/** On whole snapshots, newest first: what a training run records of its own splits is of a part. */
export async function askedForEvaluations(
  database: Database,
  modelVersionId: string,
): Promise<CountingEvaluation[]> {
  const rows = await database.evaluation.findMany({
    where: { modelVersionId, split: null, status: 'SUCCEEDED' },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    include: { datasetSnapshot: true },
  });
  return rows.flatMap(({ metrics, datasetSnapshot, overlap }) => {
    const { auc, ...others } = EvaluationMetrics.parse(metrics);
    return auc ? [{ metrics: { ...others, auc }, snapshot: datasetSnapshot, overlap }] : [];
  });
}

export function nameOf({ name, version }: { name: string; version: number }): string {
  return `${name} version ${version}`;
}
