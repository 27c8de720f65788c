import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { writeArtifact } from '../server/artifact/artifact-store.js';
import { validationPart } from '../server/artifact/manifest.js';
import type { Database } from '../server/database/client.js';
import { loadReviewedItemCounts } from '../server/features/datasets/load-snapshots.js';
import { cutOutKeys, type SnapshotItem, snapshotItems } from '../server/features/datasets/snapshot-items.js';
import { digestOfItems } from '../server/features/datasets/snapshot-manifest.js';
import {
  nextVersion,
  registerModelVersion,
} from '../server/features/models/registration/register-model-version.js';
import { recordRunItems } from '../server/features/training/run-items.js';
import {
  recordEpoch,
  recordRunProgress,
  recordRunSucceeded,
  type StartedRun,
} from '../server/features/training/run-lifecycle.js';
import { artifactPrefix } from '../server/storage/keys.js';
import type { ObjectStore } from '../server/storage/object-store.js';
import { modelCard } from '../training/card/model-card.js';
import type { TensorFlow } from '../training/tensorflow/tensorflow.js';
import { trainModel } from '../training/train-model.js';
import { TrainingDataError } from '../training/training-data-error.js';
import type { TrainedModel } from '../training/training-task.js';

export interface RunServices {
  database: Database;
  store: ObjectStore;
  log: Logger;
  tf: TensorFlow;
  /** The folder for prepared images and checkpoints. */
  folder: string;
}

/** The number of milliseconds between two records of the progress. */
const PROGRESS_INTERVAL = 1000;
/** Milliseconds. The registration writes the artifact, which is some megabytes, and the store may be slow. */
const REGISTRATION_TIMEOUT = 120_000;

/**
 * Trains a run's model, continuing from the checkpoint of an earlier attempt if there is one. Then, in one transaction, registers
 * the version with its evaluations and marks the run SUCCEEDED.
 * @throws TrainingDataError if another attempt would fail for the same reason
 * @throws JobNotRunningError if the run was cancelled at the last moment; nothing is registered then
 * @throws the reason of `signal` when that aborts
 */
export async function trainAndRegister(
  services: RunServices,
  run: StartedRun,
  signal: AbortSignal,
): Promise<void> {
  const { database, store, log, tf, folder } = services;
  const snapshot = await database.datasetSnapshot.findUnique({ where: { id: run.datasetSnapshotId } });
  if (snapshot?.status !== 'READY' || snapshot.digest === null) {
    throw new TrainingDataError('The snapshot is not READY: it cannot be trained on.');
  }
  const items: SnapshotItem[] = [];
  for await (const item of snapshotItems(database, snapshot.id)) items.push(item);
  const erasedCount = snapshot.itemCount - items.length;
  const reviewed = (await loadReviewedItemCounts(database, [snapshot.id])).get(snapshot.id) ?? 0;

  const runFolder = join(folder, 'runs', run.id);
  let recordedAt = 0;
  const trained = await trainModel(
    { tf, store, log, cacheFolder: join(folder, 'cache'), checkpointPath: join(runFolder, 'checkpoint') },
    {
      items,
      snapshotDigest: snapshot.digest,
      ...(reviewed > 0 ? { itemCounts: { reviewed, other: items.length - reviewed } } : {}),
      ...(erasedCount > 0
        ? { erased: { count: erasedCount, digestOfOthers: await digestOfItems(items) } }
        : {}),
      cutOuts: await cutOutKeys(database, snapshot.id),
      positiveLabel: run.positiveLabel,
      parameters: run.parameters,
      seed: run.seed,
    },
    {
      onProgress: async (share) => {
        if (performance.now() - recordedAt < PROGRESS_INTERVAL) return;
        recordedAt = performance.now();
        await recordRunProgress(database, run.id, share);
      },
      onEpoch: (figures, share) => recordEpoch(database, run.id, figures, share),
    },
    signal,
  );
  const version = await register(services, run, trained, snapshot);
  log.info(`Registered version ${version} of ${run.modelName}`);
  await rm(runFolder, { recursive: true, force: true });
}

async function register(
  { database, store }: RunServices,
  run: StartedRun,
  { artifact, metrics, keysBySplit, card }: TrainedModel,
  snapshot: { id: string; name: string; version: number; source: string },
): Promise<number> {
  const evaluations = [
    {
      datasetSnapshotId: snapshot.id,
      split: validationPart(artifact.manifest.metrics),
      metrics: metrics.validation,
    },
    ...(metrics.test ? [{ datasetSnapshotId: snapshot.id, split: 'test', metrics: metrics.test }] : []),
  ];
  return database.$transaction(
    async (tx) => {
      const version = await nextVersion(tx, store, run.modelName);
      await writeArtifact(store, artifactPrefix(run.modelName, version), artifact);
      await registerModelVersion(tx, {
        modelName: run.modelName,
        version,
        manifest: artifact.manifest,
        digest: artifact.digest,
        modelCard: modelCard(artifact.manifest, { ...card, modelName: run.modelName, snapshot }),
        trainingRunId: run.id,
        datasetSnapshotId: snapshot.id,
        createdById: run.createdById ?? undefined,
        evaluations,
      });
      await recordRunItems(tx, run.id, keysBySplit);
      await recordRunSucceeded(tx, run.id);
      return version;
    },
    { timeout: REGISTRATION_TIMEOUT, maxWait: 10_000 },
  );
}
