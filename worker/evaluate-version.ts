import type { Logger } from 'pino';
import { readArtifact } from '../server/artifact/artifact-store.js';
import { ArtifactError } from '../server/artifact/artifact.js';
import type { EvaluationMetrics } from '../server/artifact/classification-metrics.js';
import type { Database } from '../server/database/client.js';
import { snapshotItems } from '../server/features/datasets/snapshot-items.js';
import {
  markEvaluationFailed,
  markEvaluationStarted,
  markEvaluationSucceeded,
  type StartedEvaluation,
} from '../server/features/models/evaluations/evaluation-lifecycle.js';
import { ModelLoadError } from '../server/inference/errors.js';
import { artifactPrefix } from '../server/storage/keys.js';
import { type ObjectStore, ObjectStoreError } from '../server/storage/object-store.js';
import { EvaluationError } from '../evaluation/evaluation-error.js';
import { measureModel } from '../evaluation/measure-model.js';
import type { Attempt } from './supervise-run.js';

export interface EvaluationServices {
  database: Database;
  store: ObjectStore;
  log: Logger;
  /** Threads that answer: not all cores, since the server's own answers come first. */
  threads: number;
}

/** Milliseconds between two lines about the progress. */
const REPORT_INTERVAL = 5000;

/**
 * The job of an evaluation: measures a version on a snapshot with the engine that serves it. Begun again from the start
 * when its worker dies: it takes minutes at most. Throws when the next attempt may do better (the store is out of reach,
 * …); in the last attempt the evaluation is FAILED instead, with a sentence that says why.
 */
export async function evaluateVersion(
  services: EvaluationServices,
  evaluationId: string,
  { signal, attempt, maxAttempts }: Attempt,
): Promise<void> {
  const { database, log } = services;
  if (attempt > maxAttempts) {
    const reason = 'The worker died in every attempt, perhaps for want of memory.';
    return markEvaluationFailed(database, evaluationId, reason);
  }
  const evaluation = await markEvaluationStarted(database, evaluationId);
  if (!evaluation) return;
  try {
    const metrics = await measure(services, evaluation, signal);
    await markEvaluationSucceeded(database, evaluationId, metrics);
  } catch (error) {
    if (signal.aborted) throw error;
    log.warn({ err: error, evaluationId, attempt }, 'The evaluation did not get to its end');
    if (!isFinal(error) && attempt < maxAttempts) throw error;
    await markEvaluationFailed(database, evaluationId, reasonOf(error, evaluationId));
  }
}

async function measure(
  { database, store, log, threads }: EvaluationServices,
  { id, modelName, version, digest, snapshot }: StartedEvaluation,
  signal: AbortSignal,
): Promise<EvaluationMetrics> {
  const artifact = await readArtifact(store, artifactPrefix(modelName, version), digest);
  const what = `${modelName} version ${version} on ${snapshot.name} version ${snapshot.version}`;
  log.info(`Evaluation ${id}: ${what}, ${snapshot.itemCount} images`);
  let reportedAt = performance.now();
  const onProgress = (done: number) => {
    if (performance.now() - reportedAt < REPORT_INTERVAL) return;
    reportedAt = performance.now();
    log.info(`Evaluation ${id}: ${done} of ${snapshot.itemCount} images`);
  };
  const items = snapshotItems(database, snapshot.id);
  const metrics = await measureModel(artifact, { items, store }, { threads, log, onProgress }, signal);
  log.info(`Evaluation ${id} is done: AUC ${metrics.auc?.estimate.toFixed(4) ?? 'undefined'}`);
  return metrics;
}

/** Whether trying again cannot help. */
function isFinal(error: unknown): boolean {
  return [EvaluationError, ArtifactError, ModelLoadError].some((kind) => error instanceof kind);
}

function reasonOf(error: unknown, evaluationId: string): string {
  if (error instanceof Error && (isFinal(error) || error instanceof ObjectStoreError)) return error.message;
  return `Something failed in the worker itself; its log says what, under ${evaluationId}.`;
}
