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

  @Field(() => Float, { description: 'Mean over the training images.' })
  loss!: number;

  @Field(() => Float, { description: 'Mean over the validation images.' })
  validationLoss!: number;

  @Field(() => Float)
  validationAuc!: number;

  @Field(() => Float)
  seconds!: number;
}

@ObjectType({ implements: Node, description: 'The making of one model version from one snapshot.' })
export class TrainingRun extends Node {
  @Field(() => TrainingRunStatus)
  status!: TrainingRunStatus;

  @Field(() => String)
  positiveLabel!: string;

  @Field(() => Int)
  seed!: number;

  @Field(() => [String], {
    description:
      'Checks that had found a WARNING in the snapshot, and were acknowledged to train all the same.',
  })
  acknowledgedFindings!: string[];

  @Field(() => Float, { description: '0 to 1.' })
  progress!: number;

  @Field(() => String, { nullable: true, description: 'Why it FAILED, and what would be right.' })
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
  @Field(() => String, { description: 'Created where there is none of this name.' })
  modelName!: string;

  @Field(() => ID, { description: 'A READY snapshot.' })
  datasetSnapshotId!: string;

  @Field(() => String, {
    description:
      'The label that the model is to find; all other labels of the snapshot are the negative class.',
  })
  positiveLabel!: string;

  @Field(() => Int, { nullable: true, description: `1 to ${LONGEST_RUN}.` })
  epochs?: number | null;

  @Field(() => Int, {
    nullable: true,
    description: 'The same seed, snapshot and parameters give the same model. Default: drawn, and recorded.',
  })
  seed?: number | null;

  @Field(() => [ParameterInput], { nullable: true })
  parameters?: ParameterInput[] | null;

  @Field(() => [String], {
    nullable: true,
    description:
      'Names of checks (ValidationFinding.check) whose WARNINGs are accepted. Each WARNING of the snapshot must be among them.',
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
    'When a model is trained anew: a fresh snapshot of the dataset is ingested from where its newest one came from and validated, and a run trains, evaluates and registers a version. People promote.',
})
export class TrainingSchedule extends Node {
  @Field(() => String)
  datasetName!: string;

  @Field(() => String)
  positiveLabel!: string;

  @Field(() => String, {
    description: 'Minute, hour, day of the month, month, day of the week; in UTC.',
  })
  cron!: string;

  @Field(() => Boolean)
  enabled!: boolean;

  @Field(() => [String], { description: 'Checks whose WARNINGs about the data are accepted.' })
  acknowledgedFindings!: string[];

  @Field(() => Date, { nullable: true, description: 'Null while it is not enabled.' })
  nextRunAt?: Date | null;

  @Field(() => Date, { nullable: true, description: 'Null before its first tick.' })
  lastTickAt?: Date | null;

  @Field(() => Date)
  createdAt!: Date;
}

@InputType()
export class SetTrainingScheduleInput {
  @Field(() => String, { description: 'Created where there is none of this name.' })
  modelName!: string;

  @Field(() => String, { description: 'Name of snapshots: a model has one schedule a dataset.' })
  datasetName!: string;

  @Field(() => String, { description: 'The label that the model is to find.' })
  positiveLabel!: string;

  @Field(() => String, {
    description:
      "Five fields, minute, hour, day of the month, month and day of the week, in UTC: '30 3 * * 1' is every Monday at 03:30 UTC.",
  })
  cron!: string;

  @Field(() => Boolean)
  enabled!: boolean;

  @Field(() => [ParameterInput], { nullable: true, description: "What differs from the recipe's defaults." })
  parameters?: ParameterInput[] | null;

  @Field(() => [String], {
    nullable: true,
    description:
      'Names of checks (ValidationFinding.check) whose WARNINGs are accepted, beside those that a run of the model on the dataset has acknowledged. A tick with any other WARNING does not train.',
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
