import type { RequestContext } from '../../api/context.js';
import type { Artifact } from '../../artifact/artifact.js';
import type { EvaluationMetrics } from '../../artifact/classification-metrics.js';
import { randomArtifact } from '../../artifact/testing.js';
import { writeArtifact } from '../../artifact/artifact-store.js';
import type { Database } from '../../database/client.js';
import type { ModelAlias } from '../../database/generated/enums.js';
import { newId } from '../../database/ids.js';
import { artifactPrefix } from '../../storage/keys.js';
import { lastChange, recordAliasChange } from './promotions/change-alias.js';
import { promoteModelVersion } from './promotions/promote-model-version.js';
import {
  type NewModelVersion,
  nextVersion,
  registerModelVersion,
} from './registration/register-model-version.js';

type Origin = Pick<NewModelVersion, 'datasetSnapshotId' | 'trainedElsewhere'>;

/** A READY version for tests: a complete artifact with random weights, in the store and registered. */
export async function registerRandomVersion(
  services: Pick<RequestContext, 'database' | 'store'>,
  {
    modelName = 'reference',
    origin,
    ...artifactOptions
  }: { modelName?: string; origin?: Origin } & Parameters<typeof randomArtifact>[0] = {},
): Promise<{ id: string; modelId: string; version: number }> {
  return registerArtifact(services, modelName, randomArtifact(artifactOptions), origin);
}

/** A READY version of an artifact that a test made. */
export async function registerArtifact(
  { database, store }: Pick<RequestContext, 'database' | 'store'>,
  modelName: string,
  artifact: Artifact,
  origin: Origin = {},
): Promise<{ id: string; modelId: string; version: number }> {
  return database.$transaction(async (tx) => {
    const version = await nextVersion(tx, store, modelName);
    await writeArtifact(store, artifactPrefix(modelName, version), artifact);
    const { manifest, digest } = artifact;
    const modelCard = '# A test model';
    return registerModelVersion(tx, { modelName, version, manifest, digest, modelCard, ...origin });
  });
}

/** As {@link registerRandomVersion}, and it answers: promoted by the context's viewer. */
export async function registerRandomChampion(
  context: RequestContext,
  options: Parameters<typeof registerRandomVersion>[1] = {},
): Promise<{ id: string; modelId: string; version: number }> {
  const version = await registerRandomVersion(context, options);
  await promoteModelVersion(context, {
    modelVersionId: version.id,
    alias: 'CHAMPION',
    reason: 'Champion for a test',
  });
  return version;
}

/** Gives a part to another version as `changeAlias` would, past every check: its history says so, or Postgres refuses. */
export async function flipAlias(
  database: Database,
  { modelId, alias, toVersionId }: { modelId: string; alias: ModelAlias; toVersionId: string | null },
): Promise<void> {
  await database.$transaction(async (tx) => {
    const { id: requestedById } = await tx.user.findFirstOrThrow();
    const before = await lastChange(tx, modelId, alias);
    await recordAliasChange(tx, {
      kind: toVersionId === null ? 'RETIREMENT' : 'PROMOTION',
      alias,
      model: await tx.model.findUniqueOrThrow({ where: { id: modelId } }),
      before,
      toVersionId,
      reason: 'A test flips it',
      requestedById,
      gateResults: [],
    });
  });
}

/** An evaluation of a version on a snapshot, as a worker leaves it, with figures that differ from usual ones by `metrics`. */
export async function recordEvaluation(
  database: Database,
  modelVersionId: string,
  datasetSnapshotId: string,
  metrics: Partial<EvaluationMetrics> = {},
): Promise<void> {
  const usual = randomArtifact().manifest.metrics.validation;
  await database.evaluation.create({
    data: {
      id: newId('eval'),
      status: 'SUCCEEDED',
      modelVersionId,
      datasetSnapshotId,
      metrics: { ...usual, ...metrics },
      overlap: 'A test says so.',
    },
  });
}
