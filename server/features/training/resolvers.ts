import {
  Arg,
  Ctx,
  FieldResolver,
  ID,
  Int,
  Mutation,
  Query,
  Resolver,
  Root,
  Subscription,
} from 'type-graphql';
import { batched, forgetBatches } from '../../api/batched.js';
import type { RequestContext } from '../../api/context.js';
import { withUserErrors } from '../../api/user-error.js';
import { loadUsers } from '../accounts/load-users.js';
import { User } from '../accounts/types.js';
import { findDatasetSnapshot } from '../datasets/find-dataset-snapshot.js';
import { DatasetSnapshot } from '../datasets/types.js';
import { findModelVersion } from '../models/find-model.js';
import { loadModels } from '../models/load-models.js';
import { ModelVersion } from '../models/types.js';
import { cancelTraining } from './cancel-training.js';
import { findTrainingRun } from './find-training-run.js';
import { listRuns } from './list-runs.js';
import { loadEpochs, type TrainingRunRow } from './load-runs.js';
import { parameterTexts, TrainingParameters } from './parameters.js';
import { runChanges } from './run-changes.js';
import { startTraining } from './start-training.js';
import {
  Parameter,
  StartTrainingInput,
  TrainingEpoch,
  TrainingRun,
  TrainingRunConnection,
  TrainingRunPayload,
} from './types.js';

@Resolver(() => TrainingRun)
export class TrainingRunResolver {
  @Query(() => TrainingRunConnection, { description: 'Newest first.' })
  trainingRuns(
    @Ctx() context: RequestContext,
    @Arg('first', () => Int, { nullable: true }) first?: number | null,
    @Arg('after', () => String, { nullable: true }) after?: string | null,
    @Arg('modelName', () => String, { nullable: true }) modelName?: string | null,
  ) {
    return listRuns(context, { first, after, modelName });
  }

  @Query(() => TrainingRun, { nullable: true })
  trainingRun(@Ctx() context: RequestContext, @Arg('id', () => ID) id: string) {
    return findTrainingRun(context, id);
  }

  @FieldResolver(() => String)
  async modelName(@Root() { modelId }: TrainingRunRow, @Ctx() context: RequestContext) {
    return (await batched(context, loadModels).load(modelId))?.name;
  }

  @FieldResolver(() => DatasetSnapshot)
  datasetSnapshot(@Root() { datasetSnapshotId }: TrainingRunRow, @Ctx() context: RequestContext) {
    return findDatasetSnapshot(context, datasetSnapshotId);
  }

  @FieldResolver(() => [Parameter], { description: 'The whole recipe, defaults included.' })
  parameters(@Root() { parameters }: TrainingRunRow) {
    return parameterTexts(TrainingParameters.parse(parameters));
  }

  @FieldResolver(() => [TrainingEpoch])
  async epochs(@Root() { id }: TrainingRunRow, @Ctx() context: RequestContext) {
    return (await batched(context, loadEpochs).load(id)) ?? [];
  }

  @FieldResolver(() => ModelVersion, { nullable: true, description: 'What it made, once it SUCCEEDED.' })
  modelVersion(@Root() { modelVersion }: TrainingRunRow, @Ctx() context: RequestContext) {
    return modelVersion && findModelVersion(context, modelVersion.id);
  }

  @FieldResolver(() => User, { nullable: true })
  createdBy(@Root() { createdById }: TrainingRunRow, @Ctx() context: RequestContext) {
    return createdById && batched(context, loadUsers).load(createdById);
  }

  @Mutation(() => TrainingRunPayload, {
    description: 'Trains a model on a READY snapshot. A worker does; watch it with trainingRunChanged.',
  })
  startTraining(
    @Ctx() context: RequestContext,
    @Arg('input', () => StartTrainingInput) input: StartTrainingInput,
  ) {
    return withUserErrors<TrainingRunPayload>(() => startTraining(context, input));
  }

  @Mutation(() => TrainingRunPayload, {
    description:
      'CANCELLED at once while it is QUEUED; while it is RUNNING, as soon as the worker has stopped.',
  })
  cancelTraining(@Ctx() context: RequestContext, @Arg('id', () => ID) id: string) {
    return withUserErrors<TrainingRunPayload>(() => cancelTraining(context, id));
  }

  @Subscription(() => TrainingRun, {
    subscribe: ({ context, args }: { context: RequestContext; args: { id: string } }) =>
      runChanges(context, args.id),
    description: 'The run as it is, and again at each change, until it has ended.',
  })
  trainingRunChanged(
    @Root() run: TrainingRunRow,
    @Ctx() context: RequestContext,
    @Arg('id', () => ID) _id: string,
  ) {
    forgetBatches(context);
    return run;
  }
}
