import { Field, Float, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { connectionTypes } from '../../api/connection.js';
import { Node } from '../../api/node.js';
import { UserError } from '../../api/user-error.js';
import { EvaluationStatus, ModelAlias, ModelVersionStatus } from '../../database/generated/enums.js';

registerEnumType(ModelVersionStatus, { name: 'ModelVersionStatus' });
registerEnumType(EvaluationStatus, { name: 'EvaluationStatus' });
registerEnumType(ModelAlias, {
  name: 'ModelAlias',
  description: 'A part that one version of a model plays.',
  valuesConfig: {
    CHAMPION: { description: 'Answers.' },
    CHALLENGER: { description: 'Shadows the champion and answers nobody.' },
  },
});

@ObjectType({ implements: Node, description: 'A line of versions that answer the same question.' })
export class Model extends Node {
  @Field(() => String)
  name!: string;

  @Field(() => String, { nullable: true })
  description!: string | null;
}

@ObjectType({
  implements: Node,
  description:
    'One immutable artifact of a model: the network and everything that makes an answer of its score.',
})
export class ModelVersion extends Node {
  @Field(() => Int, { description: 'Counts up per model.' })
  version!: number;

  @Field(() => ModelVersionStatus)
  status!: ModelVersionStatus;

  @Field(() => String, {
    description: "SHA-256 of the artifact's manifest (its RFC 8785 JSON), checked before every load.",
  })
  digest!: string;

  @Field(() => [String], { description: 'Negative, positive.' })
  classes!: string[];

  @Field(() => String)
  positiveLabel!: string;

  @Field(() => Int, { description: 'Side, in pixels, of the square that an image is resized to.' })
  inputSize!: number;

  @Field(() => Float, {
    description: 'From this calibrated probability of the positive label on, the label is the positive one.',
  })
  decisionThreshold!: number;

  @Field(() => [Float], {
    description: 'Low, high: between them a calibrated probability of the positive label is INDETERMINATE.',
  })
  abstentionBand!: number[];

  @Field(() => String, { nullable: true })
  description!: string | null;

  @Field(() => Boolean, {
    description:
      'It was registered from files: what it was trained on, and the figures that it reports, are the word of whoever did that.',
  })
  trainedElsewhere!: boolean;

  @Field(() => Date)
  createdAt!: Date;

  @Field(() => String, { description: 'Markdown: data, figures and limits.' })
  modelCard!: string;
}

@ObjectType({ description: "A file of a version's artifact." })
export class ArtifactFile {
  @Field(() => String)
  name!: string;

  @Field(() => String)
  sha256!: string;

  @Field(() => Int)
  byteSize!: number;

  @Field(() => String)
  url!: string;
}

@ObjectType({
  description: 'An estimate and its 95 % interval, bootstrapped over groups (patients) where known.',
})
export class Interval {
  @Field(() => Float)
  estimate!: number;

  @Field(() => Float)
  lower!: number;

  @Field(() => Float)
  upper!: number;
}

@ObjectType()
export class ConfusionCell {
  @Field(() => String)
  actual!: string;

  @Field(() => String)
  predicted!: string;

  @Field(() => Int)
  count!: number;
}

@ObjectType()
export class CurvePoint {
  @Field(() => Float)
  x!: number;

  @Field(() => Float)
  y!: number;
}

/** The metrics of a version, from an evaluation or from its manifest. */
@ObjectType()
abstract class Figures {
  @Field(() => Int)
  itemCount!: number;

  @Field(() => Int, { nullable: true })
  groupCount!: number | null;

  @Field(() => Interval, { nullable: true })
  auc!: Interval | null;

  @Field(() => Interval, { nullable: true })
  sensitivity!: Interval | null;

  @Field(() => Interval, { nullable: true })
  specificity!: Interval | null;

  @Field(() => Interval, { nullable: true })
  balancedAccuracy!: Interval | null;

  @Field(() => Float, { nullable: true })
  expectedCalibrationError!: number | null;

  @Field(() => Float, { nullable: true })
  brierScore!: number | null;

  @Field(() => Float, {
    nullable: true,
    description:
      'The part of the items for which no answer stands: INDETERMINATE or OUT_OF_DISTRIBUTION, 0 to 1.',
  })
  abstentionRate!: number | null;

  @Field(() => [ConfusionCell])
  confusionMatrix!: ConfusionCell[];

  @Field(() => [CurvePoint], { description: 'x: 1 − specificity, y: sensitivity.' })
  rocCurve!: CurvePoint[];

  @Field(() => [CurvePoint], {
    description: 'x: mean predicted probability of a bin, y: observed part of the positive label in it.',
  })
  reliabilityCurve!: CurvePoint[];
}

@ObjectType({
  description:
    "What a version's maker measured and wrote into its manifest. Figures are null where the classes present do not define them.",
})
export class ReportedMetrics extends Figures {
  @Field(() => String, {
    description:
      "'validation' or 'test': the part of the data it was made from. Of an ensemble 'out-of-fold' in place of 'validation': all but the test part, each image answered by the member that it was held out from.",
  })
  split!: string;
}

@ObjectType({
  implements: Node,
  description:
    'A version measured on a snapshot. Figures are null until it SUCCEEDED, and where the classes present do not define them.',
})
export class Evaluation extends Figures implements Node {
  id!: string;

  @Field(() => EvaluationStatus)
  status!: EvaluationStatus;

  @Field(() => String, { nullable: true, description: 'Why it FAILED, and what would be right.' })
  error!: string | null;

  @Field(() => String, { nullable: true, description: 'The part of the snapshot; null: all of it.' })
  split!: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'What is known of images and patients that were in the training snapshot too, or why that could not be checked. Null for what a training run recorded of its own splits, which no patient shares.',
  })
  overlap!: string | null;

  @Field(() => Date)
  createdAt!: Date;
}

const versions = connectionTypes('ModelVersion', () => ModelVersion);
export const ModelVersionConnection = versions.ConnectionType;

@InputType()
export class EvaluateModelVersionInput {
  @Field(() => ID, { description: 'A READY version.' })
  modelVersionId!: string;

  @Field(() => ID, { description: 'A READY snapshot with no image and no patient of those trained on.' })
  datasetSnapshotId!: string;
}

@ObjectType()
export class EvaluationPayload {
  @Field(() => Evaluation, { nullable: true })
  evaluation?: Evaluation | null;

  @Field(() => [UserError])
  userErrors!: UserError[];
}

@InputType()
export class ArchiveModelVersionInput {
  @Field(() => ID, { description: 'A READY version that plays no part.' })
  modelVersionId!: string;

  @Field(() => String, { description: 'For those who read the audit trail later: at least 10 characters.' })
  reason!: string;
}

@ObjectType()
export class ModelVersionPayload {
  @Field(() => ModelVersion, { nullable: true })
  modelVersion?: ModelVersion | null;

  @Field(() => [UserError])
  userErrors!: UserError[];
}
