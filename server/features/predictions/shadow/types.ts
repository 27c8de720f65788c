import { Field, Float, Int, ObjectType } from 'type-graphql';
import { PredictionOutcome } from '../../../database/generated/enums.js';
import { Interval } from '../../models/types.js';

@ObjectType({
  description:
    'How often a challenger said what the champion had answered: the same outcome and, where a label stands, the same label.',
})
export class ShadowAgreement {
  @Field(() => Int, { description: 'Images that both have answered.' })
  answers!: number;

  @Field(() => Int)
  agreements!: number;

  @Field(() => Float, { description: 'agreements / answers.' })
  rate!: number;

  @Field(() => Interval, { description: "Wilson's, with images taken for independent of each other." })
  interval!: Interval;

  @Field(() => Date, { description: 'When the first of the answers was given.' })
  since!: Date;
}

@ObjectType({
  description: 'What a challenger said of an image that the champion had answered. Nobody was told.',
})
export class ShadowAnswer {
  @Field(() => PredictionOutcome)
  outcome!: PredictionOutcome;

  @Field(() => String)
  label!: string;

  @Field(() => Float, { description: 'Calibrated, of the positive label.' })
  probability!: number;

  @Field(() => Boolean, {
    description: "The champion's answer has the same outcome and, where a label stands, the same label.",
  })
  agrees!: boolean;

  @Field(() => Date)
  createdAt!: Date;
}
