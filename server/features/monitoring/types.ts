import { Field, Float, Int, ObjectType } from 'type-graphql';

@ObjectType({
  description: "How much the images of a window differ from the champion's training images.",
})
export class DriftFeature {
  @Field(() => String, { description: "'width', 'height' or 'byteSize' of the uploaded image." })
  name!: string;

  @Field(() => Float, {
    description:
      'By convention, below 0.1 means no shift, 0.1 to 0.2 a moderate shift, and above 0.2 a large shift.',
  })
  populationStabilityIndex!: number;
}

@ObjectType({
  description:
    "Statistics of a model's predictions between two times (from included, to excluded), for all its versions. Without predictions, rates that are not null are 0.",
})
export class MonitoringWindow {
  @Field(() => Date)
  from!: Date;

  @Field(() => Date)
  to!: Date;

  @Field(() => Int)
  predictionCount!: number;

  @Field(() => Int, { description: 'The number of these predictions that have been reviewed, at any time.' })
  reviewedCount!: number;

  @Field(() => Int, {
    description:
      'The number of these predictions whose newest review gives a label. The others of `reviewedCount` were found not to be a cell, or the reviewer could not tell.',
  })
  labelledCount!: number;

  @Field(() => Float, {
    nullable: true,
    description:
      "Share of `labelledCount` whose label is the model's. Null if it is 0. It is not an accuracy, because reviewers choose which predictions to review.",
  })
  agreementRate!: number | null;

  @Field(() => Float, {
    description:
      'Share of the predictions that are INDETERMINATE or OUT_OF_DISTRIBUTION, as in an evaluation.',
  })
  abstentionRate!: number;

  @Field(() => Float, { description: 'Share of the predictions that are OUT_OF_DISTRIBUTION.' })
  outOfDistributionRate!: number;

  @Field(() => Float, { description: 'Share of the CLASSIFIED predictions with the positive label.' })
  positiveRate!: number;

  @Field(() => Float, {
    nullable: true,
    description:
      "Share of the challenger's predictions in the window that agree with the champion. Null if there are none.",
  })
  challengerAgreementRate!: number | null;

  @Field(() => Float, { description: 'Median of the total time, in milliseconds.' })
  p50Ms!: number;

  @Field(() => Float, { description: '95th percentile of the total time, in milliseconds.' })
  p95Ms!: number;
}

@ObjectType({ description: 'Why a fit of the champion to this laboratory may help.' })
export class FitSuggestion {
  @Field(() => [String], { description: 'At least one sentence, with the figures.' })
  reasons!: string[];
}
