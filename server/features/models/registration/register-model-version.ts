import { type Manifest, manifestDigest } from '../../../artifact/manifest.js';
import { EvaluationMetrics } from '../../../artifact/classification-metrics.js';
import type { Transaction } from '../../../database/client.js';
import { newId } from '../../../database/ids.js';
import { artifactPrefix } from '../../../storage/keys.js';
import type { ObjectStore } from '../../../storage/object-store.js';
import { recordAuditEvent } from '../../audit/record-audit-event.js';
import { findOrCreateModel, lockModel } from '../find-or-create-model.js';

export interface NewModelVersion {
  modelName: string;
  /** The number whose artifact is already in the store, from {@link nextVersion}; default: the next one. */
  version?: number;
  manifest: Manifest;
  /** SHA-256 of the manifest's canonical JSON, as `writeArtifact` gave it. */
  digest: string;
  /** Markdown. */
  modelCard: string;
  trainingRunId?: string;
  datasetSnapshotId?: string;
  /** It came as files: what its manifest says of its training nobody here has seen. */
  trainedElsewhere?: boolean;
  createdById?: string;
  description?: string;
  evaluations?: NewEvaluation[];
}

/** Metrics of the version on a snapshot, or on the part of it that `split` names. */
export interface NewEvaluation {
  datasetSnapshotId: string;
  split: string | null;
  metrics: EvaluationMetrics;
}

/**
 * The number of the model's next version, whose place in the object store is free: a run that died after it wrote its
 * artifact and before it registered it has used its number up. Until the transaction ends no other one can take it:
 * write the artifact to `artifactPrefix(modelName, version)` and call {@link registerModelVersion} in the same one.
 */
export async function nextVersion(tx: Transaction, store: ObjectStore, modelName: string): Promise<number> {
  const model = await findOrCreateModel(tx, modelName);
  await lockModel(tx, model.id);
  let version = await numberAfterNewest(tx, model.id);
  while (await isTaken(store, artifactPrefix(modelName, version))) version += 1;
  return version;
}

/**
 * Records an artifact that is complete in the object store as a READY version of its model, which is created where
 * there is none; versions count up per model, whoever registers at the same time. Its evaluations are recorded with it.
 * Throws a RangeError when `digest` is not the manifest's; fails on a version number that exists already.
 */
export async function registerModelVersion(
  tx: Transaction,
  {
    modelName,
    version,
    manifest,
    digest,
    modelCard,
    trainingRunId,
    datasetSnapshotId,
    trainedElsewhere = false,
    createdById,
    description,
    evaluations = [],
  }: NewModelVersion,
): Promise<{ id: string; modelId: string; version: number }> {
  if (manifestDigest(manifest) !== digest) {
    throw new RangeError(`${digest} is not the digest of the manifest that is to be registered.`);
  }
  const model = await findOrCreateModel(tx, modelName);
  await lockModel(tx, model.id);

  const row = await tx.modelVersion.create({
    data: {
      id: newId('mver'),
      modelId: model.id,
      version: version ?? (await numberAfterNewest(tx, model.id)),
      status: 'READY',
      digest,
      manifest,
      classes: manifest.classes,
      positiveLabel: manifest.positiveLabel,
      inputSize: manifest.preprocessing.inputSize,
      decisionThreshold: manifest.decisionThreshold,
      abstentionBand: manifest.abstentionBand,
      modelCard,
      description,
      trainingRunId,
      datasetSnapshotId,
      trainedElsewhere,
      createdById,
    },
    select: { id: true, modelId: true, version: true },
  });
  await tx.evaluation.createMany({
    data: evaluations.map(({ datasetSnapshotId, split, metrics }) => ({
      id: newId('eval'),
      status: 'SUCCEEDED' as const,
      modelVersionId: row.id,
      datasetSnapshotId,
      split,
      itemCount: metrics.itemCount,
      groupCount: metrics.groupCount,
      metrics: EvaluationMetrics.parse(metrics),
    })),
  });
  await recordAuditEvent(
    tx,
    { viewer: createdById ? { id: createdById } : null, ip: null },
    {
      action: 'MODEL_VERSION_REGISTERED',
      entityId: row.id,
      detail: `${modelName} version ${row.version}, digest ${digest}`,
    },
  );
  return row;
}

async function numberAfterNewest(tx: Transaction, modelId: string): Promise<number> {
  const newest = await tx.modelVersion.aggregate({ where: { modelId }, _max: { version: true } });
  return (newest._max.version ?? 0) + 1;
}

async function isTaken(store: ObjectStore, prefix: string): Promise<boolean> {
  for await (const { key } of store.list(prefix)) if (!key.endsWith('/')) return true;
  return false;
}
