import { Field, Float, ID, InputType, ObjectType } from 'type-graphql';
import { PredictionOutcome } from '../../../database/generated/enums.js';

const PROBABILITY = 'The calibrated probability of the positive label.';

@ObjectType({
  description:
    "What a version answered in the user's browser, before the image was uploaded. The prediction is the server's own answer.",
})
export class DeviceAnswer {
  @Field(() => PredictionOutcome)
  outcome!: PredictionOutcome;

  @Field(() => String, { description: 'The most probable class, as in Prediction.label.' })
  label!: string;

  @Field(() => Float, { description: PROBABILITY })
  probability!: number;

  @Field(() => Date, { description: "When it answered, by the device's clock. Not later than the upload." })
  answeredAt!: Date;
}

@InputType({
  description:
    "What a version answered in the user's browser before. It is kept beside the server's answer, and has no influence on it.",
})
export class DeviceAnswerInput {
  @Field(() => ID)
  modelVersionId!: string;

  @Field(() => PredictionOutcome)
  outcome!: PredictionOutcome;

  @Field(() => String, { description: 'One of the classes of the version.' })
  label!: string;

  @Field(() => Float, { description: PROBABILITY })
  probability!: number;

  @Field(() => Date, { description: "By the device's clock. A time in the future is recorded as now." })
  answeredAt!: Date;
}
