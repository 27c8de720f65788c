import { type Manifest, manifestDigest } from '../../../artifact/manifest.js';
import { calibratedCellTypes } from '../../../decision/decision-rules.js';
import { EvaluationMetrics } from '../../../artifact/classification-metrics.js';
import type { Transaction } from '../../../database/client.js';
import { newId } from '../../../database/ids.js';
import { artifactPrefix } from '../../../storage/keys.js';
import type { ObjectStore } from '../../../storage/object-store.js';
import { recordAuditEvent } from '../../audit/record-audit-event.js';
import { findOrCreateModel, lockModel } from '../find-or-create-model.js';

export interface NewModelVersion {
  modelName: string;
  /** The version number, from {@link nextVersion}, whose artifact is already in the store. Defaults to the next number. */
  version?: number;
  manifest: Manifest;
  /** SHA-256 of the manifest's canonical JSON, as returned by `writeArtifact`. */
  digest: string;
  /** The model card in Markdown. */
  modelCard: string;
  trainingRunId?: string;
  datasetSnapshotId?: string;
  /** Whether it was uploaded, so that its manifest's statements about training are unverified. Defaults to false. */
  trainedElsewhere?: boolean;
  createdById?: string;
  description?: string;
  evaluations?: NewEvaluation[];
}

/** Metrics of the version on a snapshot, or on its split `split`. */
export interface NewEvaluation {
  datasetSnapshotId: string;
  split: string | null;
  metrics: EvaluationMetrics;
}

/**
 * Reserves the number of the model's next version. Numbers whose place in the object store is taken are skipped: a run may have
 * died after it wrote its artifact and before it registered the version. The number is reserved until the transaction ends:
 * write the artifact to `artifactPrefix(modelName, version)` and call {@link registerModelVersion} in the same transaction.
 */
export async function nextVersion(tx: Transaction, store: ObjectStore, modelName: string): Promise<number> {
  const model = await findOrCreateModel(tx, modelName);
  await lockModel(tx, model.id);
  let version = await numberAfterNewest(tx, model.id);
  while (await isTaken(store, artifactPrefix(modelName, version))) version += 1;
  return version;
}

/**
 * Records an artifact that is complete in the object store as a READY version, together with its evaluations. The model is created
 * if it does not exist. Version numbers are consecutive per model, even with concurrent registrations.
 * Throws a RangeError if `digest` is not the manifest's digest. Fails if the version number already exists.
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
    throw new RangeError(`${digest} is not the digest of this manifest.`);
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
      cellTypes: calibratedCellTypes(manifest)?.labels ?? [],
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
