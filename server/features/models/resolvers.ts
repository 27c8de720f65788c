import {
  Arg,
  Args,
  Ctx,
  FieldResolver,
  Float,
  ID,
  Int,
  Mutation,
  Query,
  Resolver,
  Root,
  Subscription,
} from 'type-graphql';
import { cohensKappa } from '../../../evaluation/cohens-kappa.js';
import { PageArguments } from '../../api/connection.js';
import { batched, shareBatches } from '../../api/batched.js';
import { fileUrl } from '../../api/file-url.js';
import type { RequestContext } from '../../api/context.js';
import { rowChanges } from '../../api/row-changes.js';
import { withUserErrors } from '../../api/user-error.js';
import { ModelAlias } from '../../database/generated/enums.js';
import { artifactPrefix } from '../../storage/keys.js';
import { loadUsers } from '../accounts/load-users.js';
import { User } from '../accounts/types.js';
import { findDatasetSnapshot } from '../datasets/find-dataset-snapshot.js';
import { DatasetSnapshot } from '../datasets/types.js';
import { loadApprovalsOfVersions } from './promotions/approvals.js';
import { archiveModelVersion } from './archive-model-version.js';
import { artifactFiles } from './artifact-files.js';
import { championAt } from './promotions/champion-at.js';
import { cancelEvaluation } from './evaluations/cancel-evaluation.js';
import { continueEvaluation } from './evaluations/continue-evaluation.js';
import { evaluateModelVersion } from './evaluations/evaluate-model-version.js';
import { listEvaluations } from './evaluations/list-evaluations.js';
import { type EvaluationView, loadEvaluationsOfVersions } from './evaluations/load-evaluations.js';
import { findEvaluation, findModelVersion } from './find-model.js';
import { findModelByName, listModels, listVersions } from './list-models.js';
import {
  type ModelRow,
  type ModelVersionRow,
  loadAliasesOfModels,
  loadManifests,
  loadModels,
  loadModelVersions,
  loadPredictionCounts,
  loadReportedMetrics,
} from './load-models.js';
import { Promotion, PromotionApproval } from './promotions/types.js';
import { loadPromotionsOfModels } from './promotions/load-promotions.js';
import {
  ArchiveModelVersionInput,
  ArtifactFile,
  EvaluateModelVersionInput,
  Evaluation,
  EvaluationConnection,
  EvaluationFilter,
  EvaluationPayload,
  Figures,
  Model,
  ModelVersion,
  ModelVersionConnection,
  ModelVersionPayload,
  ReportedMetrics,
} from './types.js';

@Resolver(() => Model)
export class ModelResolver {
  @Query(() => [Model], { description: 'All models, ordered by name.' })
  models(@Ctx() context: RequestContext) {
    return listModels(context);
  }

  @Query(() => Model, { nullable: true })
  model(@Ctx() context: RequestContext, @Arg('name', () => String) name: string) {
    return findModelByName(context, name);
  }

  @FieldResolver(() => ModelVersion, { nullable: true, description: 'The version that classifies images.' })
  champion(@Root() model: ModelRow, @Ctx() context: RequestContext) {
    return versionOfAlias(context, model, ModelAlias.CHAMPION);
  }

  @FieldResolver(() => ModelVersion, {
    nullable: true,
    description: 'The version that shadows the champion.',
  })
  challenger(@Root() model: ModelRow, @Ctx() context: RequestContext) {
    return versionOfAlias(context, model, ModelAlias.CHALLENGER);
  }

  @FieldResolver(() => ModelVersionConnection, { description: 'Newest first.' })
  versions(
    @Root() model: ModelRow,
    @Ctx() context: RequestContext,
    @Args(() => PageArguments) page: PageArguments,
  ) {
    return listVersions(context, model.id, page);
  }

  @FieldResolver(() => [Promotion], { description: 'Newest first.' })
  async promotions(@Root() model: ModelRow, @Ctx() context: RequestContext) {
    return (await batched(context, loadPromotionsOfModels).load(model.id)) ?? [];
  }

  @Subscription(() => Model, {
    subscribe: ({ context, args }: { context: RequestContext; args: { modelName: string } }) =>
      rowChanges(context, args.modelName, {
        ...{ name: 'model', event: 'champion-changed', find: findModelByName },
        hasEnded: () => false,
      }),
    description:
      'The model as it is, then each time another version has become its champion. After a disconnect, subscribe again.',
  })
  championChanged(
    @Root() model: ModelRow,
    @Ctx() context: RequestContext,
    @Arg('modelName', () => String) _modelName: string,
  ) {
    shareBatches(context, model);
    return model;
  }
}

@Resolver(() => ModelVersion)
export class ModelVersionResolver {
  @Query(() => ModelVersion, { nullable: true })
  modelVersion(@Ctx() context: RequestContext, @Arg('id', () => ID) id: string) {
    return findModelVersion(context, id);
  }

  @Query(() => ModelVersion, {
    nullable: true,
    description:
      'The version that was champion at this time, according to the promotion history. Null if there was none. At the exact time of a promotion it is the new champion.',
  })
  championAt(
    @Ctx() context: RequestContext,
    @Arg('modelName', () => String) modelName: string,
    @Arg('at', () => Date) at: Date,
  ) {
    return championAt(context, modelName, at);
  }

  @FieldResolver(() => Model)
  model(@Root() { modelId }: ModelVersionRow, @Ctx() context: RequestContext) {
    return batched(context, loadModels).load(modelId);
  }

  @FieldResolver(() => [ModelAlias], { description: 'The aliases that the version has now.' })
  async aliases(@Root() { id, modelId }: ModelVersionRow, @Ctx() context: RequestContext) {
    const aliases = (await batched(context, loadAliasesOfModels).load(modelId)) ?? {};
    return Object.values(ModelAlias).filter((alias) => aliases[alias] === id);
  }

  @FieldResolver(() => String, { description: "'s3://…/models/NAME/VERSION/' or 'file:…'." })
  async artifactUri(@Root() { modelId, version }: ModelVersionRow, @Ctx() context: RequestContext) {
    const model = await batched(context, loadModels).load(modelId);
    return model && context.store.root + artifactPrefix(model.name, version);
  }

  @FieldResolver(() => [ArtifactFile], {
    description: 'model.json, weights.bin, model.onnx and manifest.json.',
  })
  async files(@Root() { id, digest }: ModelVersionRow, @Ctx() context: RequestContext) {
    const manifest = await batched(context, loadManifests).load(id);
    return (
      manifest &&
      artifactFiles(manifest, digest).map((file) => ({
        ...file,
        url: fileUrl(context, `/models/${id}/${file.name}`),
      }))
    );
  }

  @FieldResolver(() => DatasetSnapshot, { nullable: true, description: 'The training snapshot.' })
  datasetSnapshot(@Root() { datasetSnapshotId }: ModelVersionRow, @Ctx() context: RequestContext) {
    return datasetSnapshotId && findDatasetSnapshot(context, datasetSnapshotId);
  }

  @FieldResolver(() => [Evaluation], { description: 'Oldest first.' })
  async evaluations(@Root() { id }: ModelVersionRow, @Ctx() context: RequestContext) {
    return (await batched(context, loadEvaluationsOfVersions).load(id)) ?? [];
  }

  @FieldResolver(() => [PromotionApproval], { description: 'Newest first.' })
  async approvals(@Root() { id }: ModelVersionRow, @Ctx() context: RequestContext) {
    return (await batched(context, loadApprovalsOfVersions).load(id)) ?? [];
  }

  @FieldResolver(() => [ReportedMetrics], {
    description:
      "Metrics on the splits of the version's training data, from its manifest. Empty for a fitted version, whose manifest has those of its base: see `Fit.figures`.",
  })
  async reportedMetrics(@Root() { id }: ModelVersionRow, @Ctx() context: RequestContext) {
    return (await batched(context, loadReportedMetrics).load(id)) ?? [];
  }

  @FieldResolver(() => User, { nullable: true })
  createdBy(@Root() { createdById }: ModelVersionRow, @Ctx() context: RequestContext) {
    return createdById && batched(context, loadUsers).load(createdById);
  }

  @FieldResolver(() => Int)
  async predictionCount(@Root() { id }: ModelVersionRow, @Ctx() context: RequestContext) {
    return (await batched(context, loadPredictionCounts).load(id)) ?? 0;
  }

  @Mutation(() => ModelVersionPayload, {
    description:
      'Archives a version permanently: it can no longer be promoted or used to classify. Archiving a champion or challenger is a CONFLICT.',
  })
  archiveModelVersion(
    @Ctx() context: RequestContext,
    @Arg('input', () => ArchiveModelVersionInput) input: ArchiveModelVersionInput,
  ) {
    return withUserErrors<ModelVersionPayload>(() => archiveModelVersion(context, input));
  }
}

@Resolver(() => Figures)
export class FiguresResolver {
  @FieldResolver(() => Float, {
    nullable: true,
    description:
      "Cohen's κ: the agreement of the predicted with the actual labels beyond chance, from −1 to 1.",
  })
  cohensKappa(@Root() { confusionMatrix }: Figures): number | null {
    return cohensKappa(confusionMatrix);
  }
}

@Resolver(() => Evaluation)
export class EvaluationResolver {
  @Query(() => Evaluation, { nullable: true })
  evaluation(@Ctx() context: RequestContext, @Arg('id', () => ID) id: string) {
    return findEvaluation(context, id);
  }

  @Query(() => EvaluationConnection, {
    description: 'The evaluations that meet all conditions given, newest first.',
  })
  evaluations(
    @Ctx() context: RequestContext,
    @Args(() => PageArguments) page: PageArguments,
    @Args(() => EvaluationFilter) filter: EvaluationFilter,
  ) {
    return listEvaluations(context, page, filter);
  }

  @FieldResolver(() => ModelVersion)
  modelVersion(@Root() { modelVersionId }: EvaluationView, @Ctx() context: RequestContext) {
    return batched(context, loadModelVersions).load(modelVersionId);
  }

  @FieldResolver(() => DatasetSnapshot)
  datasetSnapshot(@Root() { datasetSnapshotId }: EvaluationView, @Ctx() context: RequestContext) {
    return findDatasetSnapshot(context, datasetSnapshotId);
  }

  @Mutation(() => EvaluationPayload, {
    description:
      "Measures a version on a snapshot. A worker runs the evaluation with the engine that serves predictions; follow it with evaluationChanged. As in training, every label other than the version's positive label counts as negative. If the snapshot shares images or patients with the training snapshot, the result is a CONFLICT and nothing is evaluated.",
  })
  evaluateModelVersion(
    @Ctx() context: RequestContext,
    @Arg('input', () => EvaluateModelVersionInput) input: EvaluateModelVersionInput,
  ) {
    return withUserErrors<EvaluationPayload>(() => evaluateModelVersion(context, input));
  }

  @Mutation(() => EvaluationPayload, {
    description:
      'Cancels an evaluation. A QUEUED evaluation is CANCELLED immediately, a RUNNING one as soon as the worker has stopped.',
  })
  cancelEvaluation(@Ctx() context: RequestContext, @Arg('id', () => ID) id: string) {
    return withUserErrors<EvaluationPayload>(() => cancelEvaluation(context, id));
  }

  @Subscription(() => Evaluation, {
    subscribe: ({ context, args }: { context: RequestContext; args: { id: string } }) =>
      rowChanges(context, args.id, {
        ...{ name: 'evaluation', event: 'evaluation-changed', find: findEvaluation },
        hasEnded: ({ finishedAt }) => finishedAt !== null,
      }),
    description: 'The current evaluation, then the evaluation after each change, until it has finished.',
  })
  evaluationChanged(
    @Root() evaluation: EvaluationView,
    @Ctx() context: RequestContext,
    @Arg('id', () => ID) _id: string,
  ) {
    shareBatches(context, evaluation);
    return evaluation;
  }

  @Mutation(() => EvaluationPayload, {
    description: 'Queues a FAILED evaluation again. It starts from the first image.',
  })
  continueEvaluation(@Ctx() context: RequestContext, @Arg('id', () => ID) id: string) {
    return withUserErrors<EvaluationPayload>(() => continueEvaluation(context, id));
  }
}

async function versionOfAlias(
  context: RequestContext,
  { id }: ModelRow,
  alias: ModelAlias,
): Promise<ModelVersionRow | null> {
  const aliases = await batched(context, loadAliasesOfModels).load(id);
  const versionId = aliases?.[alias];
  return versionId ? batched(context, loadModelVersions).load(versionId) : null;
}
