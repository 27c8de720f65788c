import { EvaluationMetrics } from '../../../artifact/classification-metrics.js';
import type { Database } from '../../../database/client.js';

/** What the worker needs to know of the evaluation that it carries out. */
export interface StartedEvaluation {
  id: string;
  modelName: string;
  version: number;
  /** Of the version. */
  digest: string;
  snapshot: { id: string; name: string; version: number; itemCount: number };
}

/**
 * Takes an evaluation up: QUEUED → RUNNING; a RUNNING one (its worker died) is begun again. Null when there is nothing to
 * do: it has ended, or is gone.
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

/** Ends an evaluation with its figures. */
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

/** Ends an evaluation for good; `error` is a sentence for the person who asked for it. */
export async function markEvaluationFailed(database: Database, id: string, error: string): Promise<void> {
  await database.evaluation.updateMany({
    where: { id, status: { in: ['QUEUED', 'RUNNING'] } },
    data: { status: 'FAILED', error },
  });
}
