import {
  ArgsType,
  Field,
  Float,
  ID,
  InputType,
  Int,
  InterfaceType,
  ObjectType,
  registerEnumType,
} from 'type-graphql';
import { connectionTypes } from '../../api/connection.js';
import { RELATIVE_URL } from '../../api/file-url.js';
import { Node } from '../../api/node.js';
import { UserError } from '../../api/user-error.js';
import { EvaluationStatus, ModelAlias, ModelVersionStatus } from '../../database/generated/enums.js';

registerEnumType(ModelVersionStatus, { name: 'ModelVersionStatus' });
registerEnumType(EvaluationStatus, { name: 'EvaluationStatus' });
registerEnumType(ModelAlias, {
  name: 'ModelAlias',
  description: 'A role that at most one version of each model has.',
  valuesConfig: {
    CHAMPION: { description: 'Classifies the images that users and programs send.' },
    CHALLENGER: {
      description:
        "Classifies a sample of the champion's images for comparison. Users do not see its predictions.",
    },
  },
});

@ObjectType({ implements: Node, description: 'A series of versions for the same classification task.' })
export class Model extends Node {
  @Field(() => String)
  name!: string;

  @Field(() => String, { nullable: true })
  description!: string | null;
}

@ObjectType({
  implements: Node,
  description:
    'One immutable artifact of a model: the network, its preprocessing, calibration and decision rules.',
})
export class ModelVersion extends Node {
  @Field(() => Int, { description: 'Starts at 1 for each model and increases by 1.' })
  version!: number;

  @Field(() => ModelVersionStatus)
  status!: ModelVersionStatus;

  @Field(() => String, {
    description: "SHA-256 of the artifact's manifest (its RFC 8785 JSON), checked before every load.",
  })
  digest!: string;

  @Field(() => [String], { description: 'The negative label, then the positive label.' })
  classes!: string[];

  @Field(() => [String], {
    description: 'The cell types that the version knows. Empty if it only knows its classes.',
  })
  cellTypes!: string[];

  @Field(() => String)
  positiveLabel!: string;

  @Field(() => Int, { description: 'Side length, in pixels, of the square that images are resized to.' })
  inputSize!: number;

  @Field(() => Float, {
    description:
      'The lowest calibrated probability of the positive label at which the prediction is the positive label.',
  })
  decisionThreshold!: number;

  @Field(() => [Float], {
    description:
      'Lower and upper limit: a calibrated probability of the positive label between them is INDETERMINATE.',
  })
  abstentionBand!: number[];

  @Field(() => String, { nullable: true })
  description!: string | null;

  @Field(() => Boolean, {
    description:
      'The version was registered from files. Its training data and reported metrics are claims of the person who registered it.',
  })
  trainedElsewhere!: boolean;

  @Field(() => Date)
  createdAt!: Date;

  @Field(() => String, { description: 'Markdown: data, metrics and limits.' })
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

  @Field(() => String, { description: RELATIVE_URL })
  url!: string;
}

@ObjectType({
  description:
    'An estimate and its 95 % confidence interval, bootstrapped over groups (patients) if they are known.',
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

@ObjectType({ description: 'How well a version names one cell type.' })
export class CellTypeFigure {
  @Field(() => String)
  label!: string;

  @Field(() => Int, { description: 'Images of this type.' })
  itemCount!: number;

  @Field(() => Int, { description: 'Images that are named so.' })
  namedCount!: number;

  @Field(() => Float, {
    nullable: true,
    description: "Area under the ROC curve of the type's probability, this type against all others.",
  })
  auc!: number | null;

  @Field(() => Interval, {
    nullable: true,
    description:
      "The share of the type's images that are named so, with Wilson's interval over images. Null for a type that the version does not know.",
  })
  sensitivity!: Interval | null;

  @Field(() => Interval, {
    nullable: true,
    description:
      "The share of the images named so that are of this type, with Wilson's interval over images.",
  })
  precision!: Interval | null;
}

@ObjectType()
export class CellTypeConfusion {
  @Field(() => String)
  actual!: string;

  @Field(() => String, { nullable: true, description: 'The named type. Null: no type is named.' })
  predicted!: string | null;

  @Field(() => Int)
  count!: number;
}

@ObjectType({
  description:
    'How well a version names cell types. A type is named if the answer is CLASSIFIED and the type is probable enough.',
})
export class CellTypeFigures {
  @Field(() => Int)
  itemCount!: number;

  @Field(() => [CellTypeFigure], {
    description: 'The types that the version knows, then other labels of the images.',
  })
  types!: CellTypeFigure[];

  @Field(() => [CellTypeConfusion], { description: 'Combinations that do not occur are omitted.' })
  confusionMatrix!: CellTypeConfusion[];
}

@InterfaceType({
  description:
    'The figures of a version, measured on labelled images. Null where the classes present do not define them.',
  autoRegisterImplementations: false,
})
export abstract class Figures {
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
    description: 'Share of the items that are INDETERMINATE or OUT_OF_DISTRIBUTION, 0 to 1.',
  })
  abstentionRate!: number | null;

  @Field(() => [ConfusionCell])
  confusionMatrix!: ConfusionCell[];

  @Field(() => [CurvePoint], { description: 'x: 1 − specificity; y: sensitivity.' })
  rocCurve!: CurvePoint[];

  @Field(() => [CurvePoint], {
    description:
      'x: mean predicted probability of a bin; y: observed share of the positive label in the bin.',
  })
  reliabilityCurve!: CurvePoint[];

  @Field(() => CellTypeFigures, {
    nullable: true,
    description: 'Null if the version does not know cell types, or the images are not labelled with them.',
  })
  cellTypes?: CellTypeFigures | null;
}

@ObjectType({
  implements: Figures,
  description:
    "Metrics from the version's manifest, as reported by its author. A metric is null if the classes that are present do not define it.",
})
export class ReportedMetrics extends Figures {
  @Field(() => String, {
    description:
      "'validation' or 'test': the split that was measured. An ensemble has 'out-of-fold' instead of 'validation': every image outside the test split, scored by the ensemble member that was not trained on it.",
  })
  split!: string;
}

@ObjectType({
  implements: [Node, Figures],
  description:
    'The metrics of a version on a snapshot. A metric is null until the evaluation has SUCCEEDED, and if the classes that are present do not define it.',
})
export class Evaluation extends Figures implements Node {
  id!: string;

  @Field(() => EvaluationStatus)
  status!: EvaluationStatus;

  @Field(() => String, { nullable: true, description: 'Why it FAILED, and how to correct it.' })
  error!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'The split of the snapshot that was evaluated. Null if the whole snapshot was.',
  })
  split!: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Images and patients that are also in the training snapshot, or why this could not be checked. Null for evaluations that a training run made on its own splits, which share no patients.',
  })
  overlap!: string | null;

  @Field(() => Date)
  createdAt!: Date;
}

const evaluations = connectionTypes('Evaluation', () => Evaluation);
export const EvaluationConnection = evaluations.ConnectionType;

/** The arguments that choose evaluations of a list. */
@ArgsType()
export class EvaluationFilter {
  @Field(() => String, { nullable: true })
  modelName?: string | null;

  @Field(() => ID, { nullable: true })
  modelVersionId?: string | null;

  @Field(() => ID, { nullable: true })
  datasetSnapshotId?: string | null;

  @Field(() => EvaluationStatus, { nullable: true })
  status?: EvaluationStatus | null;
}

const versions = connectionTypes('ModelVersion', () => ModelVersion);
export const ModelVersionConnection = versions.ConnectionType;

@InputType()
export class EvaluateModelVersionInput {
  @Field(() => ID, { description: 'A READY version.' })
  modelVersionId!: string;

  @Field(() => ID, {
    description: 'A READY snapshot that shares no image and no patient with the training snapshot.',
  })
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
  @Field(() => ID, { description: 'A READY version without an alias.' })
  modelVersionId!: string;

  @Field(() => String, { description: 'The reason for the audit trail: at least 10 characters.' })
  reason!: string;
}

@ObjectType()
export class ModelVersionPayload {
  @Field(() => ModelVersion, { nullable: true })
  modelVersion?: ModelVersion | null;

  @Field(() => [UserError])
  userErrors!: UserError[];
}
