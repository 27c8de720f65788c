import { Field, Float, Int, ObjectType } from 'type-graphql';
import { PredictionOutcome } from '../../../database/generated/enums.js';
import { Interval } from '../../models/types.js';

@ObjectType({
  description:
    'How often a challenger agreed with the champion: the same outcome and, if it is CLASSIFIED, the same label.',
})
export class ShadowAgreement {
  @Field(() => Int, { description: 'The number of images that both versions classified.' })
  answers!: number;

  @Field(() => Int)
  agreements!: number;

  @Field(() => Float, { description: 'agreements divided by answers.' })
  rate!: number;

  @Field(() => Interval, { description: 'Wilson score interval. It assumes that images are independent.' })
  interval!: Interval;

  @Field(() => Date, { description: 'When the challenger made the first of these predictions.' })
  since!: Date;
}

@ObjectType({
  description:
    "A challenger's prediction for an image that the champion classified. Users of classify do not receive it.",
})
export class ShadowAnswer {
  @Field(() => PredictionOutcome)
  outcome!: PredictionOutcome;

  @Field(() => String)
  label!: string;

  @Field(() => Float, { description: 'Calibrated probability of the positive label, 0 to 1.' })
  probability!: number;

  @Field(() => String, { nullable: true, description: 'The named cell type, as in `Prediction.cellType`.' })
  cellType!: string | null;

  @Field(() => Boolean, {
    description: "The champion's prediction has the same outcome and, if it is CLASSIFIED, the same label.",
  })
  agrees!: boolean;

  @Field(() => Date)
  createdAt!: Date;
}
