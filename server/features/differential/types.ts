import { Field, Float, ID, InputType, Int, ObjectType } from 'type-graphql';
import { Needs } from '../../api/needs.js';
import { UserError } from '../../api/user-error.js';
import { CellType } from '../../database/generated/enums.js';
import { Case } from '../cases/types.js';
import { Interval } from '../models/types.js';

@ObjectType({ description: 'How many white cells of a case are of one type, or of several together.' })
export class CountedShare {
  @Field(() => Int)
  count!: number;

  @Field(() => Int, {
    description: 'How many of `count` have a review. The others are answers of the model.',
  })
  reviewed!: number;

  @Field(() => Float, {
    nullable: true,
    description: 'Of the white cells, 0 to 1. Null if there are no white cells.',
  })
  share!: number | null;

  @Field(() => Float, {
    nullable: true,
    description:
      'The lower limit of the exact 95 % interval of `share` (Clopper and Pearson). It covers only that other cells of the sample could have ' +
      'been counted, not that cells are counted as a wrong type. Null if `isEstimate`, or without white cells.',
  })
  lower!: number | null;

  @Field(() => Float, { nullable: true, description: 'The upper limit.' })
  upper!: number | null;

  @Field(() => Boolean, {
    description:
      'Whether this is a model estimate: a cell of this type has no review, or no cell is of this type and a white cell has no review, or ' +
      'the case has cells without a review that the model did not answer, whose type is not known.',
  })
  isEstimate!: boolean;
}

@ObjectType()
export class DifferentialRow extends CountedShare {
  @Field(() => CellType, {
    nullable: true,
    description: 'Null: other cells than blasts whose type is not stated.',
  })
  type!: CellType | null;
}

@ObjectType({
  description:
    'Cells that need a review before a percentage of blasts can be signed. Each cell is in one number.',
})
export class CellsToReview {
  @Field(() => Int, { description: 'Blasts and blast equivalents by the model.' })
  blasts!: number;

  @Field(() => Int, { description: 'With the outcome INDETERMINATE.' })
  needsReview!: number;

  @Field(() => Int, { description: 'With the outcome OUT_OF_DISTRIBUTION.' })
  notRecognised!: number;
}

@ObjectType({
  description:
    'The differential of a case. The type of a cell is that of its newest review: the cell type, or else the label. Without a review, it is ' +
    'that of the model, unless the model withheld its answer. White cells are all cells except erythroblasts, smudge cells, images that show no ' +
    'cell, and cells whose type is not known.',
})
export class Differential {
  @Field(() => Int, { description: 'Of which the shares are calculated.' })
  whiteCells!: number;

  @Field(() => Int, { description: 'How many white cells the case needs: 100, 200 or 500.' })
  minimumCells!: number;

  @Field(() => Boolean, {
    description:
      'Whether band neutrophils have their own row. Otherwise they are in the row of segmented neutrophils.',
  })
  countBandsSeparately!: boolean;

  @Field(() => [DifferentialRow], {
    description: 'The types that occur, in the usual order of a differential.',
  })
  rows!: DifferentialRow[];

  @Field(() => CountedShare, { description: 'Blasts of every lineage.' })
  blasts!: CountedShare;

  @Field(() => CountedShare, {
    description:
      'Blasts with promonocytes and abnormal promyelocytes, which are counted like blasts in some acute leukaemias.',
  })
  blastsAndEquivalents!: CountedShare;

  @Field(() => Int)
  erythroblasts!: number;

  @Field(() => Float, {
    nullable: true,
    description: 'Erythroblasts for each 100 white cells. Null if there are no white cells.',
  })
  erythroblastsPer100!: number | null;

  @Field(() => Int)
  smudgeCells!: number;

  @Field(() => Int, { description: 'Whose newest review has the verdict NOT_A_CELL.' })
  notCells!: number;

  @Field(() => Int, { description: 'Whose newest review has the verdict CANNOT_TELL.' })
  undecided!: number;

  @Field(() => CellsToReview)
  toReview!: CellsToReview;

  @Field(() => Int, {
    description:
      'Cells that were found in fields of the case and are not classified. If there are any, the cells that are counted are not consecutive.',
  })
  leftOut!: number;

  @Field(() => Int, {
    description:
      'Cells that are counted although another cell of the case is at the same place of the same image.',
  })
  repeats!: number;

  /** The versions that answered, in the order of their ids. */
  versionIds!: string[];
}

@ObjectType({
  description: 'A version that classified cells of a case, and what a differential must know about it.',
})
export class DifferentialVersion {
  @Field(() => Interval, {
    nullable: true,
    description:
      "The version's specificity for blasts, by its newest evaluation, or else as its manifest reports it: of 100 cells that are not blasts, " +
      'about 100 × (1 − specificity) are counted as blasts before a review. Null if it was not measured.',
  })
  specificity!: Interval | null;

  @Field(() => Interval, { nullable: true, description: 'The sensitivity, from the same place.' })
  sensitivity!: Interval | null;

  @Field(() => [CellType], { description: 'Blast equivalents that the version does not know as cell types.' })
  unknownBlastEquivalents!: CellType[];

  modelVersionId!: string;
}

@InputType()
export class SetDifferentialRulesInput {
  @Field(() => ID)
  caseId!: string;

  @Field(() => Int, { description: '100, 200 (in leukaemia) or 500 (of a bone marrow).' })
  minimumCells!: number;

  @Field(() => Boolean, { description: 'Whether band neutrophils get their own row.' })
  countBandsSeparately!: boolean;
}

@ObjectType()
export class SetDifferentialRulesPayload {
  @Needs('read predictions')
  @Field(() => Case, { nullable: true })
  case?: Case | null;

  @Field(() => [UserError])
  userErrors!: UserError[];
}
