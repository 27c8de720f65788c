import { Field, Float, ID, InputType, ObjectType, registerEnumType } from 'type-graphql';
import { PageInfo } from '../../api/connection.js';
import { Needs } from '../../api/needs.js';
import { Node } from '../../api/node.js';
import { UserError } from '../../api/user-error.js';
import { PredictionOutcome, ReviewVerdict } from '../../database/generated/enums.js';
import { fileWarningCodes } from '../../image-files/inspection.js';
import { CELL_TYPE_CONTRADICTS } from '../../decision/interpret.js';
import { contentWarningCodes } from '../../pixels/picture-content.js';
import { qualityWarningCodes } from '../../pixels/quality.js';
import { CASE_REFERENCE } from './case-reference.js';
import { DeviceAnswerInput } from './device-answers/types.js';

registerEnumType(PredictionOutcome, {
  name: 'PredictionOutcome',
  valuesConfig: {
    CLASSIFIED: { description: 'The image has the predicted label.' },
    INDETERMINATE: {
      description:
        "The calibrated probability is inside the version's abstention band: the image needs review.",
    },
    OUT_OF_DISTRIBUTION: {
      description: "The image is unlike the version's training images, so the label is withheld.",
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
    'Durations in milliseconds. If the version classified the same image before, preprocessing and inference are skipped and their durations are 0.',
})
export class PredictionTiming {
  @Field(() => Float, { description: 'Decoding and preprocessing.' })
  decodeMs!: number;

  @Field(() => Float, { description: 'Waiting for an inference thread.' })
  queueMs!: number;

  @Field(() => Float, { description: 'Running the network.' })
  inferenceMs!: number;

  @Field(() => Float, {
    description:
      'From the end of the upload until the image is stored. Only storing the prediction comes after. For a cell of a field: its share of ' +
      'preparing the picture, its wait for an inference thread, and its classification.',
  })
  totalMs!: number;
}

@ObjectType({
  implements: Node,
  description: "A model version's prediction for an image. Only its case can change, by moveToCase.",
})
export class Prediction extends Node {
  @Field(() => Date)
  createdAt!: Date;

  @Needs('see images')
  @Field(() => String, {
    nullable: true,
    description: CASE_REFERENCE,
  })
  caseReference!: string | null;

  @Needs('see images')
  @Field(() => String, { nullable: true, description: 'Null for auditors.' })
  fileName!: string | null;

  @Field(() => PredictionOutcome)
  outcome!: PredictionOutcome;

  @Field(() => String, {
    description:
      'The most probable class, for every outcome. It is a result only if the outcome is CLASSIFIED; otherwise it is withheld, so do not show it ' +
      'as one.',
  })
  label!: string;

  @Field(() => Float, { description: 'The calibrated probability of `label`, 0.5 to 1.' })
  confidence!: number;

  @Field(() => Float, {
    description:
      "0 is typical of the training images; above 1 is beyond the version's out-of-distribution threshold.",
  })
  outOfDistributionScore!: number;

  @Field(() => String, {
    nullable: true,
    description:
      'The cell type that is probable enough to be named, such as monocyte. Null for other cells, unless the outcome is CLASSIFIED, and for ' +
      'versions that do not know cell types. It never contradicts `label`.',
  })
  cellType!: string | null;

  @Field(() => [String], {
    description:
      `Reasons to doubt the prediction. Content of the picture: ${contentWarningCodes.join(', ')}; all of these except ` +
      'SCALE_UNKNOWN withhold the answer, and for SEVERAL_CELLS the picture can be classified as a field. ' +
      `Quality of the picture: ${qualityWarningCodes.join(', ')}. In the file: ${fileWarningCodes.join(', ')}. In the answer: ` +
      `${CELL_TYPE_CONTRADICTS}: a named cell type contradicts the label, so the answer is withheld. Later releases may add others.`,
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
registerEnumType(PredictionOrder, {
  name: 'PredictionOrder',
  valuesConfig: {
    OLDEST_FIRST: {
      description:
        'For reading, not for following: a prediction that is stored late can appear before those already read. ' +
        'To follow the history, use `predictionChanges`.',
    },
  },
});

@InputType({ description: 'A prediction must meet all conditions that are given.' })
export class PredictionFilter {
  @Field(() => Date, { nullable: true, description: 'Created at or after this time.' })
  createdAfter?: Date | null;

  @Field(() => Date, { nullable: true, description: 'Created before this time.' })
  createdBefore?: Date | null;

  @Field(() => ID, { nullable: true })
  modelVersionId?: string | null;

  @Field(() => String, { nullable: true })
  modelName?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'The most probable class, for every outcome and regardless of reviews.',
  })
  label?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'This cell type is named.',
  })
  cellType?: string | null;

  @Field(() => PredictionOutcome, { nullable: true })
  outcome?: PredictionOutcome | null;

  @Field(() => String, { nullable: true, description: 'Exactly this case reference.' })
  caseReference?: string | null;

  @Field(() => ID, { nullable: true, description: 'Of this case, if the viewer sees it.' })
  caseId?: string | null;

  @Field(() => ID, { nullable: true })
  createdById?: string | null;

  @Field(() => Boolean, { nullable: true, description: 'Whether the prediction has been reviewed.' })
  reviewed?: boolean | null;

  @Field(() => ReviewVerdict, {
    nullable: true,
    description: 'The newest review has this verdict. Not with `reviewed: false`.',
  })
  verdict?: ReviewVerdict | null;

  @Field(() => String, { nullable: true })
  imageSha256?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Part of the file name or of the case reference: 2 to 200 characters, without regard to capitals and to white space around it. ' +
      'Not for auditors. No index is used, so in a long history a rare text is found fastest with other filters.',
  })
  search?: string | null;

  @Field(() => String, { nullable: true, description: 'Has this code among its `qualityWarnings`.' })
  qualityWarning?: string | null;

  @Field(() => ID, { nullable: true, description: 'Made by this bulk classification.' })
  bulkClassificationId?: string | null;

  @Field(() => ID, { nullable: true, description: 'Of this site, if the viewer sees it.' })
  siteId?: string | null;

  @Field(() => Float, { nullable: true, description: 'Lower limit, 0 to 1 (included).' })
  minConfidence?: number | null;

  @Field(() => Float, { nullable: true, description: 'Upper limit, 0 to 1 (included).' })
  maxConfidence?: number | null;
}

@InputType({ description: 'By default the champion of the default model is used.' })
export class ClassifyInput {
  @Field(() => String, { nullable: true, description: 'Use the champion of this model.' })
  modelName?: string | null;

  @Field(() => ID, { nullable: true, description: 'Use this version, even if it is not the champion.' })
  modelVersionId?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Your reference for the case or patient of the image: at most 200 characters.',
  })
  caseReference?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'An id that you choose for this request, to repeat it safely: with the same id and the same image and input, a repeat ' +
      'within 24 hours returns the first prediction. Each user has separate ids. The header Idempotency-Key means the same.',
  })
  clientRequestId?: string | null;

  @Field(() => ID, {
    nullable: true,
    description: "The site of the prediction, one of the viewer's. Default: the viewer's first site.",
  })
  siteId?: string | null;

  @Field(() => DeviceAnswerInput, {
    nullable: true,
    description:
      "What a version answered on the user's device before. Only for `classify`, which sends a single image.",
  })
  deviceAnswer?: DeviceAnswerInput | null;
}

@ObjectType()
export class ClassifyPayload {
  @Field(() => Prediction, { nullable: true })
  prediction?: Prediction | null;

  @Field(() => [UserError])
  userErrors!: UserError[];
}

@ObjectType({ description: 'What became of one image of a request with several.' })
export class ClassifiedImage {
  @Field(() => String, { nullable: true, description: 'The name of the file, as it was sent.' })
  fileName?: string | null;

  @Field(() => [UserError])
  userErrors!: UserError[];
}

@ObjectType()
export class ClassifyImagesPayload {
  @Field(() => [ClassifiedImage], {
    description: 'One for each image, in their order. Empty if the request as a whole was refused.',
  })
  results!: ClassifiedImage[];

  @Field(() => [UserError], { description: 'Why the request as a whole was refused.' })
  userErrors!: UserError[];
}

@ObjectType()
export class ReviewPredictionPayload {
  @Field(() => Prediction, { nullable: true })
  prediction?: Prediction | null;

  @Field(() => Boolean, {
    nullable: true,
    description:
      "Whether the review was added. False if it only repeats the newest review of the prediction, which is the caller's own. Null with user errors.",
  })
  added?: boolean | null;

  @Field(() => [UserError])
  userErrors!: UserError[];
}

@ObjectType({ description: 'What became of one review of a request with several.' })
export class ReviewedPrediction {
  @Field(() => ID)
  predictionId!: string;

  @Field(() => Boolean, {
    description:
      "Whether the review was added by this request. False if it only repeats the newest review of the prediction, which is the caller's own, and with user errors.",
  })
  added!: boolean;

  @Field(() => [UserError], { description: 'Why this review was not added.' })
  userErrors!: UserError[];
}

@ObjectType()
export class ReviewPredictionsPayload {
  @Field(() => [ReviewedPrediction], {
    nullable: true,
    description: 'One for each review, in their order. Null if the request as a whole was refused.',
  })
  results?: ReviewedPrediction[] | null;

  @Field(() => [UserError], { description: 'Why the request as a whole was refused.' })
  userErrors!: UserError[];
}

@ObjectType({ description: 'What became of one review that was to be withdrawn.' })
export class WithdrawnReview {
  @Field(() => ID)
  reviewId!: string;

  @Field(() => [UserError], { description: 'Why the review was not withdrawn.' })
  userErrors!: UserError[];
}

@ObjectType()
export class WithdrawReviewsPayload {
  @Field(() => [WithdrawnReview], {
    nullable: true,
    description: 'One for each review, in their order. Null if the request as a whole was refused.',
  })
  results?: WithdrawnReview[] | null;

  @Field(() => [UserError], { description: 'Why the request as a whole was refused.' })
  userErrors!: UserError[];
}
