import { Field, Float, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { Node } from '../../api/node.js';
import { UserError } from '../../api/user-error.js';
import { FitStatus } from '../../database/generated/enums.js';
import { CurvePoint, Figures } from '../models/types.js';
import { PredictionFilter } from '../predictions/types.js';
import { FitExclusionReason } from './exclusion-reason.js';

registerEnumType(FitStatus, { name: 'FitStatus' });

registerEnumType(FitExclusionReason, {
  name: 'FitExclusionReason',
  description: 'Why labelled cells are not fitted.',
  valuesConfig: {
    CONFLICTING_LABELS: {
      description:
        'The newest reviews of the cell disagree, or it occurs several times with different labels.',
    },
    NO_LABEL: { description: 'The newest review says that the image shows no cell, or cannot tell.' },
    OTHER_LABEL: { description: "The label is not one of the version's classes." },
    CHOSEN_BY_PREDICTION: {
      description:
        'The cell was reviewed because of its prediction, not as part of a random sample or of a set that was reviewed completely.',
    },
    SAME_CELL: { description: 'The same cell with the same label is in the source already.' },
    TRAINING_IMAGE: { description: 'The image is in the training data of the version.' },
    TRAINING_PATIENT: {
      description: 'The name of the patient (group) is also in the training data of the version.',
    },
  },
});

@ObjectType({ description: 'The number of labelled cells that are not fitted for one reason.' })
export class FitExclusion {
  @Field(() => FitExclusionReason)
  reason!: FitExclusionReason;

  @Field(() => Int)
  count!: number;
}

@ObjectType({
  description: 'The number of cells that a fit uses, by class, and of those that it does not use.',
})
export class FitCells {
  @Field(() => Int)
  cellCount!: number;

  @Field(() => Int, { description: 'Cells with the positive label.' })
  positiveCount!: number;

  @Field(() => Int)
  negativeCount!: number;

  @Field(() => Int, {
    nullable: true,
    description: 'The number of patients (groups, or case references). Null if no cell has one.',
  })
  patientCount!: number | null;

  @Field(() => Int, { description: 'Cells without a patient.' })
  withoutPatientCount!: number;

  @Field(() => Int, {
    description: 'Cells whose final label differs from the first label that a reviewer gave.',
  })
  relabelledCount!: number;

  @Field(() => [FitExclusion])
  excluded!: FitExclusion[];
}

@ObjectType({ description: 'What a fit would use, and what it lacks.' })
export class FitPreview {
  @Field(() => FitCells)
  cells!: FitCells;

  @Field(() => [String], {
    description: 'What limits the value of the fit, as sentences. The fit stores them.',
  })
  warnings!: string[];

  @Field(() => String, {
    nullable: true,
    description: 'Why these cells cannot be fitted, and how many are missing. Null if they can.',
  })
  problem!: string | null;

  @Field(() => String, {
    description:
      'How many other labelled cells the promotion policy needs at least, before a version may become champion.',
  })
  promotionNeeds!: string;
}

@ObjectType({
  description: 'The number of cells in a bin of calibrated probabilities, by their actual class.',
})
export class ScoreBin {
  @Field(() => Float, { description: 'Lower limit of the bin. All bins have the same width.' })
  from!: number;

  @Field(() => Int)
  negative!: number;

  @Field(() => Int)
  positive!: number;
}

@ObjectType({
  implements: Figures,
  description: 'The figures of the fitted cells with the rules of one version.',
})
export class FitMetrics extends Figures {
  @Field(() => Float)
  decisionThreshold!: number;

  @Field(() => [Float], { description: 'Lower and upper limit of the abstention band.' })
  abstentionBand!: number[];

  @Field(() => Float, {
    nullable: true,
    description: 'Share of wrong labels among the cells that are not withheld. Null if all are withheld.',
  })
  selectiveError!: number | null;

  @Field(() => [CurvePoint], {
    description:
      'x: share of the cells that would be answered if the least certain ones were withheld; y: share of wrong labels among them.',
  })
  selectiveErrorCurve!: CurvePoint[];

  @Field(() => [ScoreBin])
  scoreDistribution!: ScoreBin[];
}

@ObjectType({ description: 'The figures of the fitted cells, with the rules before and after the fit.' })
export class FitComparison {
  @Field(() => FitMetrics, { description: 'With the rules of the version that the fit starts from.' })
  before!: FitMetrics;

  @Field(() => FitMetrics, {
    description:
      'Each cell with rules that were fitted without its patient, or without the cell if patients are unknown.',
  })
  after!: FitMetrics;
}

@ObjectType({ description: 'A figure after the fit minus the same figure before it.' })
export class FitDifference {
  @Field(() => Float, { nullable: true, description: 'Null if the cells do not define the figure.' })
  estimate!: number | null;

  @Field(() => [Float], {
    nullable: true,
    description:
      'Lower and upper limit of the 95 % interval, paired by patient and by cell. Null if a class has fewer than five known patients: `notes` has the reason.',
  })
  interval!: number[] | null;
}

@ObjectType({
  description:
    'The differences of the figures of a fit, after minus before, with the final labels of the cells.',
})
export class FitDifferences {
  @Field(() => FitDifference)
  sensitivity!: FitDifference;

  @Field(() => FitDifference)
  specificity!: FitDifference;

  @Field(() => FitDifference)
  balancedAccuracy!: FitDifference;

  @Field(() => FitDifference)
  expectedCalibrationError!: FitDifference;

  @Field(() => FitDifference)
  brierScore!: FitDifference;

  @Field(() => FitDifference, { description: 'Of the share of cells that are not withheld.' })
  coverage!: FitDifference;

  @Field(() => FitDifference, {
    description: 'Of the share of wrong labels among the cells that are not withheld.',
  })
  selectiveError!: FitDifference;
}

@ObjectType({ description: 'The figures of a fit.' })
export class FitFigures extends FitComparison {
  @Field(() => FitDifferences, {
    nullable: true,
    description: 'Null for fits of releases that did not record it.',
  })
  difference!: FitDifferences | null;

  @Field(() => FitComparison, {
    nullable: true,
    description:
      'With the first label that a reviewer gave to each cell, including the cells that a second look left out. Null if no label was changed and no cell was left out.',
  })
  original!: FitComparison | null;

  @Field(() => Boolean, {
    description:
      'Whether enough patients are known in each class for intervals. If not, they are from 0 to 1.',
  })
  hasIntervals!: boolean;

  @Field(() => Boolean, {
    description:
      'Whether the fit is better than its base by more than chance: the Brier score is, and neither balanced accuracy nor the selective error is worse.',
  })
  isClearlyBetter!: boolean;

  @Field(() => [String], {
    description: 'How the figures were measured, and what limits them, as sentences.',
  })
  notes!: string[];
}

@ObjectType({
  implements: Node,
  description:
    'A job that derives a version from another: the same network, with decision rules fitted to labelled cells of this laboratory.',
})
export class Fit extends Node {
  @Field(() => FitStatus)
  status!: FitStatus;

  @Field(() => String, { nullable: true, description: 'Why it FAILED, and how to correct it.' })
  error!: string | null;

  @Field(() => String, { nullable: true })
  description!: string | null;

  @Field(() => [String], { description: 'What limits the value of the fit, as sentences.' })
  warnings!: string[];

  @Field(() => Date)
  createdAt!: Date;

  @Field(() => Date, { nullable: true })
  startedAt!: Date | null;

  @Field(() => Date, { nullable: true })
  finishedAt!: Date | null;
}

@InputType({ description: 'The labelled cells of a fit: give either `datasetSnapshotId` or `reviews`.' })
export class FitModelVersionInput {
  @Field(() => ID, {
    description:
      'A READY version. The fit of a fitted version starts from the version that it was fitted from.',
  })
  modelVersionId!: string;

  @Field(() => ID, { nullable: true, description: 'A READY snapshot, all of whose items are fitted.' })
  datasetSnapshotId?: string | null;

  @Field(() => PredictionFilter, {
    nullable: true,
    description:
      'Chooses reviewed predictions. Those count whose newest review gives a label, and that were reviewed as part of a random sample or of a set that was reviewed completely.',
  })
  reviews?: PredictionFilter | null;

  @Field(() => Boolean, {
    nullable: true,
    description:
      'Whether to fit also predictions that were reviewed because of what the model predicted. These are mostly uncertain and wrong ones, so the fit has a warning. Default: false.',
  })
  includeOtherOrigins?: boolean | null;

  @Field(() => String, { nullable: true, description: 'At most 1,000 characters.' })
  description?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'An id that the client chooses, so that it can repeat the request safely: the same id with the same input gives the same fit for 24 hours. At most 200 characters.',
  })
  clientRequestId?: string | null;
}

@ObjectType()
export class FitPayload {
  @Field(() => Fit, { nullable: true })
  fit?: Fit | null;

  @Field(() => [UserError])
  userErrors!: UserError[];
}

@ObjectType()
export class FitPreviewPayload {
  @Field(() => FitPreview, { nullable: true })
  preview?: FitPreview | null;

  @Field(() => [UserError])
  userErrors!: UserError[];
}
