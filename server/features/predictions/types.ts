import { Field, Float, ID, InputType, ObjectType, registerEnumType } from 'type-graphql';
import { PageInfo } from '../../api/connection.js';
import { Node } from '../../api/node.js';
import { UserError } from '../../api/user-error.js';
import { PredictionOutcome } from '../../database/generated/enums.js';

registerEnumType(PredictionOutcome, {
  name: 'PredictionOutcome',
  valuesConfig: {
    CLASSIFIED: { description: 'The label stands.' },
    INDETERMINATE: {
      description: "The calibrated probability is inside the version's abstention band: a person decides.",
    },
    OUT_OF_DISTRIBUTION: {
      description:
        'The image is unlike anything that the version was trained on: no label is offered as an answer.',
    },
  },
});

@ObjectType()
export class ClassProbability {
  @Field(() => String)
  label!: string;

  @Field(() => Float)
  probability!: number;
}

@ObjectType({
  description:
    'Milliseconds. An image that the version has answered before is neither decoded nor put to the network again: 0.',
})
export class PredictionTiming {
  @Field(() => Float, { description: 'From bytes to model input.' })
  decodeMs!: number;

  @Field(() => Float, { description: 'Waiting for a thread.' })
  queueMs!: number;

  @Field(() => Float, { description: 'In the network.' })
  inferenceMs!: number;

  @Field(() => Float, {
    description:
      'From the whole upload to the image being stored; only writing the prediction itself down comes after.',
  })
  totalMs!: number;
}

@ObjectType({ implements: Node, description: 'What a model version said of an image. It is never changed.' })
export class Prediction extends Node {
  @Field(() => Date)
  createdAt!: Date;

  @Field(() => String, { nullable: true, description: 'Whose image it is, in the words of who sent it.' })
  caseReference!: string | null;

  @Field(() => String, { nullable: true })
  fileName!: string | null;

  @Field(() => PredictionOutcome)
  outcome!: PredictionOutcome;

  @Field(() => String, { description: "By the version's decision threshold, whatever the outcome." })
  label!: string;

  @Field(() => Float, { description: 'The calibrated probability of the label, 0 to 1.' })
  confidence!: number;

  @Field(() => Float, { description: "0: typical; above 1: beyond the version's threshold." })
  outOfDistributionScore!: number;

  @Field(() => [String], {
    description:
      'What there is to doubt. In the picture: BLURRED, OVEREXPOSED, UNDEREXPOSED, LOW_CONTRAST, COLOURLESS, ' +
      'LOW_RESOLUTION, STRETCHED. In the file: FILE_FAULT, POSSIBLY_DAMAGED, UNVERIFIABLE, TRANSPARENT, EXTRA_CHANNEL, ' +
      'COLOUR_SPACE_UNKNOWN. More may come.',
  })
  qualityWarnings!: string[];
}

@ObjectType()
export class PredictionEdge {
  @Field(() => String)
  cursor!: string;

  @Field(() => Prediction)
  node!: Prediction;
}

@ObjectType()
export class PredictionConnection {
  @Field(() => [PredictionEdge])
  edges!: PredictionEdge[];

  @Field(() => PageInfo)
  pageInfo!: PageInfo;
}

export enum PredictionOrder {
  NEWEST_FIRST = 'NEWEST_FIRST',
  OLDEST_FIRST = 'OLDEST_FIRST',
  LEAST_CONFIDENT_FIRST = 'LEAST_CONFIDENT_FIRST',
}
registerEnumType(PredictionOrder, { name: 'PredictionOrder' });

@InputType({ description: 'Every condition that is given must hold.' })
export class PredictionFilter {
  @Field(() => Date, { nullable: true, description: 'At or after.' })
  createdAfter?: Date | null;

  @Field(() => Date, { nullable: true, description: 'Before.' })
  createdBefore?: Date | null;

  @Field(() => ID, { nullable: true })
  modelVersionId?: string | null;

  @Field(() => String, { nullable: true })
  modelName?: string | null;

  @Field(() => String, { nullable: true, description: "The model's label, whatever reviews say." })
  label?: string | null;

  @Field(() => PredictionOutcome, { nullable: true })
  outcome?: PredictionOutcome | null;

  @Field(() => String, { nullable: true, description: 'Exactly this one.' })
  caseReference?: string | null;

  @Field(() => ID, { nullable: true })
  createdById?: string | null;

  @Field(() => Boolean, { nullable: true, description: 'Whether anybody has reviewed it.' })
  reviewed?: boolean | null;

  @Field(() => String, { nullable: true })
  imageSha256?: string | null;

  @Field(() => Float, { nullable: true, description: 'At least, 0 to 1.' })
  minConfidence?: number | null;

  @Field(() => Float, { nullable: true, description: 'At most, 0 to 1.' })
  maxConfidence?: number | null;
}

@InputType({ description: 'Default: the champion of the default model answers.' })
export class ClassifyInput {
  @Field(() => String, { nullable: true, description: "This model's champion answers." })
  modelName?: string | null;

  @Field(() => ID, { nullable: true, description: 'This version answers, champion or not.' })
  modelVersionId?: string | null;

  @Field(() => String, { nullable: true, description: 'Whose image it is: at most 200 characters.' })
  caseReference?: string | null;
}

@ObjectType()
export class ClassifyPayload {
  @Field(() => Prediction, { nullable: true })
  prediction?: Prediction | null;

  @Field(() => [UserError])
  userErrors!: UserError[];
}

@ObjectType()
export class ReviewPredictionPayload {
  @Field(() => Prediction, { nullable: true })
  prediction?: Prediction | null;

  @Field(() => [UserError])
  userErrors!: UserError[];
}
