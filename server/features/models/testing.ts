import type { RequestContext } from '../../api/context.js';
import type { Artifact } from '../../artifact/artifact.js';
import type { EvaluationMetrics } from '../../artifact/classification-metrics.js';
import { randomArtifact } from '../../artifact/testing.js';
import { writeArtifact } from '../../artifact/artifact-store.js';
import type { Database } from '../../database/client.js';
import type { ModelAlias } from '../../database/generated/enums.js';
import { newId } from '../../database/ids.js';
import { artifactPrefix } from '../../storage/keys.js';
import { bytesOfProbabilities, type EvaluationAnswer } from './evaluations/evaluation-answers.js';
import { lastChange, recordAliasChange } from './promotions/change-alias.js';
import { promoteModelVersion } from './promotions/promote-model-version.js';
import {
  type NewModelVersion,
  nextVersion,
  registerModelVersion,
} from './registration/register-model-version.js';

type Origin = Pick<
  NewModelVersion,
  'datasetSnapshotId' | 'trainedElsewhere' | 'trainingRunId' | 'createdById'
>;

/** Registers a READY version for tests: a complete artifact with random weights, written to the store. */
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

/** Registers a READY version from a test's artifact. */
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

/** Registers a version with {@link registerRandomVersion}, and promotes it to champion as the context's viewer. */
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

/** Moves an alias to another version as `changeAlias` does, but without its checks. It records the change in the history, as Postgres requires. */
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
      reason: 'Changed by a test',
      requestedById,
      gateResults: [],
    });
  });
}

/** Records a SUCCEEDED evaluation of a version on a snapshot, with typical metrics that `metrics` overrides; with `answers`, if given. */
export async function recordEvaluation(
  database: Database,
  modelVersionId: string,
  datasetSnapshotId: string,
  metrics: Partial<EvaluationMetrics> = {},
  answers?: readonly EvaluationAnswer[],
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
      ...(answers && {
        itemCount: answers.length,
        answers: {
          create: {
            probabilities: bytesOfProbabilities(answers.map(({ probability }) => probability)),
            outcomes: answers.map(({ outcome }) => outcome),
          },
        },
      }),
    },
  });
}
