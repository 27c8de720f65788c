import { Field, Float, ID, InputType, Int, ObjectType } from 'type-graphql';
import { connectionTypes } from '../../../api/connection.js';
import { UserError } from '../../../api/user-error.js';
import { PredictionOutcome } from '../../../database/generated/enums.js';
import { Evaluation, Figures, Interval } from '../types.js';

@InputType()
export class CompareVersionsInput {
  @Field(() => [ID], {
    description: 'From 2 to 6 versions with the same classes. The others are compared with the first.',
  })
  modelVersionIds!: string[];

  @Field(() => ID)
  datasetSnapshotId!: string;
}

@ObjectType({
  description: 'Versions side by side on one snapshot, by their newest evaluations on it.',
})
export class VersionComparison {
  @Field(() => Int, { description: 'The number of images that all figures are computed from.' })
  imageCount!: number;

  @Field(() => Int, { nullable: true, description: 'Their patients or slides. Null if they are not known.' })
  groupCount!: number | null;

  @Field(() => Int, {
    description:
      'The number of images that are left out of all figures, because a compared version was trained or fitted on them.',
  })
  excludedCount!: number;
}

@ObjectType({ description: 'One version of a comparison.' })
export class ComparedVersion {
  @Field(() => String, {
    nullable: true,
    description: 'Why there is no evaluation to compare. Null if there is one.',
  })
  missing!: string | null;

  @Field(() => Int, {
    description: 'The number of images of the snapshot that the version was trained or fitted on.',
  })
  usedInTrainingCount!: number;
}

@ObjectType({ implements: Figures, description: "A version's figures on the compared images." })
export class ComparedFigures extends Figures {}

@ObjectType({
  description:
    "A version's figures minus those of the first version, each with its 95 % interval. All versions are measured on the same bootstrap samples of patients, and of images; the wider interval is reported. Null where the classes present do not define the figure.",
})
export class VersionDifferences {
  @Field(() => Interval, { nullable: true })
  auc!: Interval | null;

  @Field(() => Interval, { nullable: true })
  sensitivity!: Interval | null;

  @Field(() => Interval, { nullable: true })
  specificity!: Interval | null;

  @Field(() => Interval, { nullable: true })
  balancedAccuracy!: Interval | null;

  @Field(() => Interval, { nullable: true })
  expectedCalibrationError!: Interval | null;

  @Field(() => Interval, { nullable: true })
  brierScore!: Interval | null;

  @Field(() => Interval, {
    nullable: true,
    description: 'Of the share of images that are not withheld.',
  })
  coverage!: Interval | null;
}

@ObjectType({ description: 'The number of images of each class whose probability is between two limits.' })
export class ComparedScoreBin {
  @Field(() => Float, { description: 'Probability of the positive label, included.' })
  lower!: number;

  @Field(() => Float, { description: 'Excluded, except in the last bin.' })
  upper!: number;

  @Field(() => Int)
  negativeCount!: number;

  @Field(() => Int)
  positiveCount!: number;
}

@ObjectType({ description: 'How often a version was right on some of the compared images.' })
export class AnswerCounts {
  @Field(() => ID, { name: 'modelVersionId' })
  versionId!: string;

  @Field(() => Int, {
    description: 'Images whose label by the threshold is right, including those with a withheld answer.',
  })
  correctCount!: number;

  @Field(() => Int, { description: 'Images that are INDETERMINATE or OUT_OF_DISTRIBUTION.' })
  withheldCount!: number;

  @Field(() => Interval, {
    description:
      "Share of correct images with Wilson's 95 % interval. It treats the images as independent, so it is too narrow for images of few patients.",
  })
  correctRate!: Interval;
}

@ObjectType({ description: 'The compared images of one cell type, which is the folder that they came from.' })
export class ComparedFolder {
  @Field(() => String, { description: 'The folder.' })
  name!: string;

  @Field(() => Int)
  imageCount!: number;

  @Field(() => Int, { description: 'Images with the positive label.' })
  positiveCount!: number;

  @Field(() => [AnswerCounts], { description: 'Of the versions with an evaluation, in their order.' })
  versions!: AnswerCounts[];
}

@ObjectType({ description: 'The compared images of one patient or slide.' })
export class ComparedGroup {
  @Field(() => String)
  name!: string;

  @Field(() => Int)
  imageCount!: number;

  @Field(() => Int, { description: 'Images with the positive label.' })
  positiveCount!: number;

  @Field(() => [AnswerCounts], { description: 'Of the versions with an evaluation, in their order.' })
  versions!: AnswerCounts[];
}

@ObjectType({ description: "A version's answer for an image." })
export class ComparedAnswer {
  @Field(() => ID, { name: 'modelVersionId' })
  versionId!: string;

  @Field(() => PredictionOutcome)
  outcome!: PredictionOutcome;

  @Field(() => String, { description: 'The label by the decision threshold, for every outcome.' })
  label!: string;

  @Field(() => Float, { description: 'Calibrated probability of the positive label.' })
  probability!: number;

  @Field(() => Boolean, {
    description: 'Whether the version was trained or fitted on the image. Then no figure counts the image.',
  })
  usedInTraining!: boolean;
}

@ObjectType({ description: 'An image for which the versions do not all give the same answer.' })
export class ChangedImage {
  @Field(() => [ComparedAnswer], {
    description: 'Of the versions with an evaluation, in their order.',
  })
  answers!: ComparedAnswer[];
}

export const { ConnectionType: ComparedGroupConnection } = connectionTypes(
  'ComparedGroup',
  () => ComparedGroup,
);
export const { ConnectionType: ChangedImageConnection } = connectionTypes('ChangedImage', () => ChangedImage);

@InputType()
export class EvaluateModelVersionsInput {
  @Field(() => [ID], { description: 'From 1 to 25 READY versions.' })
  modelVersionIds!: string[];

  @Field(() => ID, { description: 'A READY snapshot.' })
  datasetSnapshotId!: string;
}

@ObjectType()
export class EvaluateModelVersionsPayload {
  @Field(() => [Evaluation], {
    nullable: true,
    description:
      'The evaluations that were started, and those that exist already or are under way. Null if none was started because of an invalid argument.',
  })
  evaluations?: Evaluation[] | null;

  @Field(() => [UserError], {
    description:
      'Why single versions were not evaluated; `field` names them by their position. The other versions are evaluated.',
  })
  userErrors!: UserError[];
}
