import {
  Arg,
  Args,
  Ctx,
  FieldResolver,
  ID,
  Mutation,
  Query,
  Resolver,
  Root,
  Subscription,
} from 'type-graphql';
import { PageArguments } from '../../api/connection.js';
import { batched, shareBatches } from '../../api/batched.js';
import type { RequestContext } from '../../api/context.js';
import { Needs } from '../../api/needs.js';
import { rowChanges } from '../../api/row-changes.js';
import { withUserErrors } from '../../api/user-error.js';
import { databaseTime } from '../../database/clock.js';
import { loadUsers } from '../accounts/load-users.js';
import { User } from '../accounts/types.js';
import { findDatasetSnapshot } from '../datasets/find-dataset-snapshot.js';
import { DatasetItemConnection, DatasetSnapshot } from '../datasets/types.js';
import { findModelVersion } from '../models/find-model.js';
import { loadModels, type ModelVersionRow } from '../models/load-models.js';
import { ModelVersion } from '../models/types.js';
import { cancelTraining } from './cancel-training.js';
import { continueTraining } from './continue-training.js';
import { findTrainingRun } from './find-training-run.js';
import { listSchedules } from './find-training-schedule.js';
import { listRunItems } from './list-run-items.js';
import { listRuns } from './list-runs.js';
import { loadEpochs, type TrainingRunRow } from './load-runs.js';
import { scheduleOutcome, type TrainingScheduleRow } from './load-schedules.js';
import { parameterTexts, ParameterTexts, TrainingParameters } from './parameters.js';
import { setTrainingSchedule } from './set-training-schedule.js';
import { startTraining } from './start-training.js';
import {
  Parameter,
  SetTrainingScheduleInput,
  StartTrainingInput,
  TrainingEpoch,
  TrainingRun,
  TrainingRunConnection,
  TrainingRunPayload,
  TrainingSchedule,
  TrainingSchedulePayload,
} from './types.js';

@Resolver(() => TrainingRun)
export class TrainingRunResolver {
  @Query(() => TrainingRunConnection, { description: 'Newest first.' })
  trainingRuns(
    @Ctx() context: RequestContext,
    @Args(() => PageArguments) page: PageArguments,
    @Arg('modelName', () => String, { nullable: true }) modelName?: string | null,
  ) {
    return listRuns(context, page, modelName);
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

  @FieldResolver(() => [Parameter], { description: 'All parameters of the recipe, including defaults.' })
  parameters(@Root() { parameters }: TrainingRunRow) {
    return parameterTexts(TrainingParameters.parse(parameters));
  }

  @FieldResolver(() => [TrainingEpoch])
  async epochs(@Root() { id }: TrainingRunRow, @Ctx() context: RequestContext) {
    return (await batched(context, loadEpochs).load(id)) ?? [];
  }

  @Needs('see dataset items')
  @FieldResolver(() => DatasetItemConnection, {
    description:
      "The items of the snapshot, ordered by key, each with the split that the run assigned: 'train', 'validation' or 'test'. In a run with several members an item is in 'test' or in a fold such as 'fold 2', on which all members except the second were trained. With split, only the items of that split. Empty until the run has SUCCEEDED. Not for auditors, because it has file names and patients.",
  })
  items(
    @Root() run: TrainingRunRow,
    @Ctx() context: RequestContext,
    @Args(() => PageArguments) page: PageArguments,
    @Arg('split', () => String, { nullable: true }) split?: string | null,
  ) {
    return listRunItems(context, run, page, split);
  }

  @FieldResolver(() => ModelVersion, {
    nullable: true,
    description: 'The version that the run produced. Null until it has SUCCEEDED.',
  })
  modelVersion(@Root() { modelVersion }: TrainingRunRow, @Ctx() context: RequestContext) {
    return modelVersion && findModelVersion(context, modelVersion.id);
  }

  @FieldResolver(() => User, { nullable: true })
  createdBy(@Root() { createdById }: TrainingRunRow, @Ctx() context: RequestContext) {
    return createdById && batched(context, loadUsers).load(createdById);
  }

  @Mutation(() => TrainingRunPayload, {
    description:
      'Trains a model on a READY snapshot. A worker runs the training; follow it with trainingRunChanged.',
  })
  startTraining(
    @Ctx() context: RequestContext,
    @Arg('input', () => StartTrainingInput) input: StartTrainingInput,
  ) {
    return withUserErrors<TrainingRunPayload>(() => startTraining(context, input));
  }

  @Mutation(() => TrainingRunPayload, {
    description:
      'Cancels a training run. A QUEUED run is CANCELLED immediately, a RUNNING run as soon as the worker has stopped.',
  })
  cancelTraining(@Ctx() context: RequestContext, @Arg('id', () => ID) id: string) {
    return withUserErrors<TrainingRunPayload>(() => cancelTraining(context, id));
  }

  @Mutation(() => TrainingRunPayload, {
    description: 'Continues a FAILED training run after its last checkpoint.',
  })
  continueTraining(@Ctx() context: RequestContext, @Arg('id', () => ID) id: string) {
    return withUserErrors<TrainingRunPayload>(() => continueTraining(context, id));
  }

  @Subscription(() => TrainingRun, {
    subscribe: ({ context, args }: { context: RequestContext; args: { id: string } }) =>
      rowChanges(context, args.id, {
        ...{ name: 'training run', event: 'training-run-changed', find: findTrainingRun },
        hasEnded: ({ finishedAt }) => finishedAt !== null,
      }),
    description: 'The current run, then the run after each change, until it has finished.',
  })
  trainingRunChanged(
    @Root() run: TrainingRunRow,
    @Ctx() context: RequestContext,
    @Arg('id', () => ID) _id: string,
  ) {
    shareBatches(context, run);
    return run;
  }
}

@Resolver(() => ModelVersion)
export class ModelVersionTrainingResolver {
  @FieldResolver(() => TrainingRun, { nullable: true })
  trainingRun(@Root() { trainingRunId }: ModelVersionRow, @Ctx() context: RequestContext) {
    return trainingRunId && findTrainingRun(context, trainingRunId);
  }
}

@Resolver(() => TrainingSchedule)
export class TrainingScheduleResolver {
  @Query(() => [TrainingSchedule], {
    description: 'All schedules, including disabled ones, ordered by model and dataset.',
  })
  trainingSchedules(@Ctx() context: RequestContext) {
    return listSchedules(context);
  }

  @FieldResolver(() => String)
  modelName(@Root() { model }: TrainingScheduleRow) {
    return model.name;
  }

  @FieldResolver(() => [Parameter], { description: "Parameters that differ from the recipe's defaults." })
  parameters(@Root() { parameters }: TrainingScheduleRow) {
    return ParameterTexts.parse(parameters);
  }

  @FieldResolver(() => TrainingRun, {
    nullable: true,
    description: 'The newest run that the schedule started.',
  })
  lastRun(@Root() { lastRunId }: TrainingScheduleRow, @Ctx() context: RequestContext) {
    return lastRunId && findTrainingRun(context, lastRunId);
  }

  @FieldResolver(() => String, {
    nullable: true,
    description:
      'The state or result of the last scheduled run: why it was skipped or did not train, or how its training run finished. Null before the first time.',
  })
  lastOutcome(@Root() schedule: TrainingScheduleRow) {
    return scheduleOutcome(schedule);
  }

  @FieldResolver(() => User, { nullable: true, description: 'The user who last changed the schedule.' })
  createdBy(@Root() { createdById }: TrainingScheduleRow, @Ctx() context: RequestContext) {
    return createdById && batched(context, loadUsers).load(createdById);
  }

  @Mutation(() => TrainingSchedulePayload, {
    description: 'Creates or replaces the training schedule of a model and a dataset. Times are in UTC.',
  })
  setTrainingSchedule(
    @Ctx() context: RequestContext,
    @Arg('input', () => SetTrainingScheduleInput) input: SetTrainingScheduleInput,
  ) {
    return withUserErrors<TrainingSchedulePayload>(async () =>
      setTrainingSchedule(context, input, await databaseTime(context.database)),
    );
  }
}
