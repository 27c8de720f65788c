import { EvaluationMetrics } from '../../../artifact/classification-metrics.js';
import type { Database } from '../../../database/client.js';

/** The data of an evaluation that the worker needs to run it. */
export interface StartedEvaluation {
  id: string;
  modelName: string;
  version: number;
  /** The version's digest. */
  digest: string;
  snapshot: { id: string; name: string; version: number; itemCount: number };
}

/**
 * Starts an evaluation: QUEUED → RUNNING. A RUNNING evaluation, whose worker died, is started again. Returns null if it has
 * ended or was deleted.
 */
export async function markEvaluationStarted(
  database: Database,
  id: string,
): Promise<StartedEvaluation | null> {
  const { count } = await database.evaluation.updateMany({
    where: { id, status: { in: ['QUEUED', 'RUNNING'] } },
    data: { status: 'RUNNING' },
  });
  if (count === 0) return null;
  const { modelVersion, datasetSnapshot } = await database.evaluation.findUniqueOrThrow({
    where: { id },
    select: {
      modelVersion: { select: { version: true, digest: true, model: { select: { name: true } } } },
      datasetSnapshot: { select: { id: true, name: true, version: true, itemCount: true } },
    },
  });
  const { version, digest, model } = modelVersion;
  return { id, modelName: model.name, version, digest, snapshot: datasetSnapshot };
}

/** Marks an evaluation SUCCEEDED, with its metrics. */
export async function markEvaluationSucceeded(
  database: Database,
  id: string,
  metrics: EvaluationMetrics,
): Promise<void> {
  const { itemCount, groupCount } = metrics;
  await database.evaluation.updateMany({
    where: { id, status: 'RUNNING' },
    data: { status: 'SUCCEEDED', itemCount, groupCount, metrics: EvaluationMetrics.parse(metrics) },
  });
}

/** Marks an evaluation FAILED. `error` is a sentence for the person who requested it. */
export async function markEvaluationFailed(database: Database, id: string, error: string): Promise<void> {
  await database.evaluation.updateMany({
    where: { id, status: { in: ['QUEUED', 'RUNNING'] } },
    data: { status: 'FAILED', error },
  });
}
