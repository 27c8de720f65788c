import type { Logger } from 'pino';
import { readArtifact } from '../server/artifact/artifact-store.js';
import { ArtifactError } from '../server/artifact/artifact.js';
import type { Database } from '../server/database/client.js';
import { snapshotItems } from '../server/features/datasets/snapshot-items.js';
import {
  evaluations,
  recordEvaluation,
  startEvaluation,
  type StartedEvaluation,
} from '../server/features/models/evaluations/evaluation-lifecycle.js';
import { ModelLoadError } from '../server/inference/errors.js';
import { markCancelled, markFailed } from '../server/jobs/job-table.js';
import { type Attempt, runAttempt } from '../server/jobs/run-attempt.js';
import { artifactPrefix } from '../server/storage/keys.js';
import type { ObjectStore } from '../server/storage/object-store.js';
import { EvaluationError } from '../evaluation/evaluation-error.js';
import { type Measured, measureModel } from '../evaluation/measure-model.js';
import { watchForCancel } from './watch-for-cancel.js';

export interface EvaluationServices {
  database: Database;
  store: ObjectStore;
  log: Logger;
  /** Threads that answer: not all cores, since the server's own answers come first. */
  threads: number;
}

/** Milliseconds between two lines about the progress. */
const REPORT_INTERVAL = 5000;

/** The job of an evaluation: measures a version on a snapshot with the engine that serves it. */
export async function evaluateVersion(
  services: EvaluationServices,
  evaluationId: string,
  attempt: Attempt,
): Promise<void> {
  const { database } = services;
  await runAttempt(services, attempt, {
    id: evaluationId,
    start: () => startEvaluation(database, evaluationId),
    progress: async () => 0,
    work: (evaluation) => measure(services, evaluation, attempt.signal),
    succeed: ({ metrics, answers }) => recordEvaluation(database, evaluationId, metrics, answers),
    fail: (reason) => markFailed(database, evaluations, evaluationId, reason),
    cancel: () => markCancelled(database, evaluations, evaluationId),
    finalErrors: [EvaluationError, ArtifactError, ModelLoadError],
  });
}

async function measure(
  { database, store, log, threads }: EvaluationServices,
  { id, modelName, version, digest, snapshot }: StartedEvaluation,
  signal: AbortSignal,
): Promise<Measured> {
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
  const watch = watchForCancel({ database, log }, evaluations, id);
  const stop = AbortSignal.any([signal, watch.signal]);
  const measured = await measureModel(artifact, { items, store }, { threads, log, onProgress }, stop).finally(
    watch.end,
  );
  const { auc } = measured.metrics;
  log.info(`Evaluation ${id} is done: AUC ${auc?.estimate.toFixed(4) ?? 'undefined'}`);
  return measured;
}
