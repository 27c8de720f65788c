import { EvaluationMetrics } from '../../../artifact/classification-metrics.js';
import type { Database } from '../../../database/client.js';
import { bytesOfProbabilities, type EvaluationAnswer } from './evaluation-answers.js';
import { type JobTable, markSucceeded, startJob } from '../../../jobs/job-table.js';

/** The data of an evaluation that the worker needs to run it. */
export interface StartedEvaluation {
  id: string;
  modelName: string;
  version: number;
  /** The version's digest. */
  digest: string;
  snapshot: { id: string; name: string; version: number; itemCount: number };
}

export const evaluations: JobTable = {
  name: 'Evaluation',
  changeEvent: 'evaluation-changed',
};

/** Marks an evaluation RUNNING. Returns null if there is nothing to do because it has ended. */
export async function startEvaluation(database: Database, id: string): Promise<StartedEvaluation | null> {
  if (!(await startJob(database, evaluations, id))) return null;
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

/**
 * Marks an evaluation SUCCEEDED, and records its metrics and its answers.
 *
 * @param answers in the order of the keys of the snapshot's items
 */
export async function recordEvaluation(
  database: Database,
  id: string,
  metrics: EvaluationMetrics,
  answers: readonly EvaluationAnswer[],
): Promise<void> {
  const { itemCount, groupCount } = metrics;
  await database.$transaction(async (tx) => {
    const data = { itemCount, groupCount, metrics: EvaluationMetrics.parse(metrics) };
    const { count } = await tx.evaluation.updateMany({ where: { id, status: 'RUNNING' }, data });
    if (count > 0) {
      const probabilities = bytesOfProbabilities(answers.map(({ probability }) => probability));
      const outcomes = answers.map(({ outcome }) => outcome);
      await tx.evaluationAnswers.create({ data: { evaluationId: id, probabilities, outcomes } });
    }
    await markSucceeded(tx, evaluations, id);
  });
}
