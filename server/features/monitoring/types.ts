import { Field, Float, Int, ObjectType } from 'type-graphql';

@ObjectType({
  description: 'How far the images of a window differ from those that the champion was trained on.',
})
export class DriftFeature {
  @Field(() => String, { description: "'width', 'height' or 'byteSize' of the image as uploaded." })
  name!: string;

  @Field(() => Float, {
    description: 'By custom, below 0.1 is no shift, up to 0.2 a moderate one, more a large one.',
  })
  populationStabilityIndex!: number;
}

@ObjectType({
  description:
    'What a model did from a time (included) to another (excluded), whichever of its versions answered. Without predictions the rates that are not null are 0.',
})
export class MonitoringWindow {
  @Field(() => Date)
  from!: Date;

  @Field(() => Date)
  to!: Date;

  @Field(() => Int)
  predictionCount!: number;

  @Field(() => Int, { description: 'Those of them that somebody has reviewed, whenever.' })
  reviewedCount!: number;

  @Field(() => Float, {
    nullable: true,
    description:
      'The part of the reviewed ones whose newest review agrees with the model. People choose what they review: it is no accuracy.',
  })
  agreementRate!: number | null;

  @Field(() => Float, {
    description:
      'The part for which no answer stands: INDETERMINATE or OUT_OF_DISTRIBUTION, as in an evaluation.',
  })
  abstentionRate!: number;

  @Field(() => Float, { description: 'The part that is OUT_OF_DISTRIBUTION.' })
  outOfDistributionRate!: number;

  @Field(() => Float, { description: 'The part of the CLASSIFIED ones that have the positive label.' })
  positiveRate!: number;

  @Field(() => Float, {
    nullable: true,
    description:
      'The part of the shadow answers given in the window that agree with the champion; null: there are none.',
  })
  challengerAgreementRate!: number | null;

  @Field(() => Float, { description: 'Median of the total milliseconds.' })
  p50Ms!: number;

  @Field(() => Float, { description: 'The total milliseconds that 95 % stay below.' })
  p95Ms!: number;
}
