import { Field, Float, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { connectionTypes } from '../../api/connection.js';
import { Node } from '../../api/node.js';
import { UserError } from '../../api/user-error.js';
import { TrainingRunStatus } from '../../database/generated/enums.js';
import { LONGEST_RUN } from './parameters.js';

registerEnumType(TrainingRunStatus, { name: 'TrainingRunStatus' });

@ObjectType({ description: 'A parameter of the training recipe.' })
export class Parameter {
  @Field(() => String)
  name!: string;

  @Field(() => String)
  value!: string;
}

@ObjectType()
export class TrainingEpoch {
  @Field(() => Int)
  epoch!: number;

  @Field(() => Float, { description: 'Mean loss over the training images.' })
  loss!: number;

  @Field(() => Float, { description: 'Mean loss over the validation images.' })
  validationLoss!: number;

  @Field(() => Float)
  validationAuc!: number;

  @Field(() => Float)
  seconds!: number;
}

@ObjectType({ implements: Node, description: 'A job that trains one model version on one snapshot.' })
export class TrainingRun extends Node {
  @Field(() => TrainingRunStatus)
  status!: TrainingRunStatus;

  @Field(() => String)
  positiveLabel!: string;

  @Field(() => Int)
  seed!: number;

  @Field(() => [String], {
    description: 'Checks with a WARNING about the snapshot that the user acknowledged to start the training.',
  })
  acknowledgedFindings!: string[];

  @Field(() => Float, { description: 'Progress of the run, 0 to 1.' })
  progress!: number;

  @Field(() => String, { nullable: true, description: 'Why it FAILED, and how to correct it.' })
  error?: string | null;

  @Field(() => Date)
  createdAt!: Date;

  @Field(() => Date, { nullable: true })
  startedAt?: Date | null;

  @Field(() => Date, { nullable: true })
  finishedAt?: Date | null;
}

export const { ConnectionType: TrainingRunConnection } = connectionTypes('TrainingRun', () => TrainingRun);

@InputType()
export class ParameterInput {
  @Field(() => String)
  name!: string;

  @Field(() => String)
  value!: string;
}

@InputType()
export class StartTrainingInput {
  @Field(() => String, { description: 'The model is created if no model has this name.' })
  modelName!: string;

  @Field(() => ID, { description: 'A READY snapshot.' })
  datasetSnapshotId!: string;

  @Field(() => String, {
    description:
      'The label that the model detects. All other labels of the snapshot form the negative class.',
  })
  positiveLabel!: string;

  @Field(() => Int, { nullable: true, description: `1 to ${LONGEST_RUN}.` })
  epochs?: number | null;

  @Field(() => Int, {
    nullable: true,
    description:
      'The same seed, snapshot and parameters give the same model. Defaults to a random seed, which is recorded.',
  })
  seed?: number | null;

  @Field(() => [ParameterInput], { nullable: true })
  parameters?: ParameterInput[] | null;

  @Field(() => [String], {
    nullable: true,
    description:
      'Names of checks (ValidationFinding.check) whose WARNINGs are accepted. Every check with a WARNING about the snapshot must be listed.',
  })
  acknowledgedFindings?: string[] | null;
}

@ObjectType()
export class TrainingRunPayload {
  @Field(() => TrainingRun, { nullable: true })
  trainingRun?: TrainingRun | null;

  @Field(() => [UserError])
  userErrors!: UserError[];
}

@ObjectType({
  implements: Node,
  description:
    'When a model is retrained automatically: a new snapshot of the dataset is ingested from the source of its newest snapshot and validated; then a run trains, evaluates and registers a version. Promotion is left to users.',
})
export class TrainingSchedule extends Node {
  @Field(() => String)
  datasetName!: string;

  @Field(() => String)
  positiveLabel!: string;

  @Field(() => String, {
    description: 'Five fields: minute, hour, day of the month, month, day of the week, in UTC.',
  })
  cron!: string;

  @Field(() => Boolean)
  enabled!: boolean;

  @Field(() => [String], { description: 'Checks whose WARNINGs about the data are accepted.' })
  acknowledgedFindings!: string[];

  @Field(() => Date, { nullable: true, description: 'Null while the schedule is disabled.' })
  nextRunAt?: Date | null;

  @Field(() => Date, {
    nullable: true,
    description: 'The last time that the schedule ran. Null before the first time.',
  })
  lastTickAt?: Date | null;

  @Field(() => Date)
  createdAt!: Date;
}

@InputType()
export class SetTrainingScheduleInput {
  @Field(() => String, { description: 'The model is created if no model has this name.' })
  modelName!: string;

  @Field(() => String, {
    description: "The name of the dataset's snapshots. A model has at most one schedule for each dataset.",
  })
  datasetName!: string;

  @Field(() => String, { description: 'The label that the model detects.' })
  positiveLabel!: string;

  @Field(() => String, {
    description:
      "Five fields (minute, hour, day of the month, month, day of the week) in UTC: '30 3 * * 1' is every Monday at 03:30 UTC.",
  })
  cron!: string;

  @Field(() => Boolean)
  enabled!: boolean;

  @Field(() => [ParameterInput], {
    nullable: true,
    description: "Parameters that differ from the recipe's defaults.",
  })
  parameters?: ParameterInput[] | null;

  @Field(() => [String], {
    nullable: true,
    description:
      'Names of checks (ValidationFinding.check) whose WARNINGs are accepted, in addition to those acknowledged for an earlier run of the model on the dataset. If there is any other WARNING, the scheduled run does not train.',
  })
  acknowledgedFindings?: string[] | null;
}

@ObjectType()
export class TrainingSchedulePayload {
  @Field(() => TrainingSchedule, { nullable: true })
  schedule?: TrainingSchedule | null;

  @Field(() => [UserError])
  userErrors!: UserError[];
}
