import { Field, Float, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { UserError } from '../../api/user-error.js';
import { CellType, ReadingPart, ReviewOrigin, ReviewVerdict } from '../../database/generated/enums.js';
import { PredictionFilter } from '../predictions/types.js';
import { MOST_CELLS } from './choose-cells-to-read.js';

export enum ReadingOrder {
  LEAST_CONFIDENT_FIRST = 'LEAST_CONFIDENT_FIRST',
  RANDOM_SAMPLE = 'RANDOM_SAMPLE',
}
registerEnumType(ReadingOrder, {
  name: 'ReadingOrder',
  description: 'Which cells a reading has, and in which order.',
  valuesConfig: {
    LEAST_CONFIDENT_FIRST: {
      description:
        'The cells without an answer first (INDETERMINATE and OUT_OF_DISTRIBUTION), then those whose probability is nearest to the ' +
        "version's decision threshold. A blind reading has the same cells in random order, because the order would tell.",
    },
    RANDOM_SAMPLE: { description: 'Cells drawn at random, in random order, for quality control.' },
  },
});

registerEnumType(ReadingPart, {
  name: 'ReadingPart',
  description: 'Which of the readings of a double reading it is.',
  valuesConfig: {
    FIRST: { description: 'Of the first reader: all cells.' },
    SECOND: { description: 'Of the second reader: the same cells, in another order.' },
    THIRD: { description: 'Of a third reader: the cells on which the first two differ.' },
  },
});

@ObjectType({
  description:
    'A list of cells that one person, its reader, reads one after the other, with pauses if need be. Only the reader sees it.',
})
export class Reading {
  @Field(() => ID)
  id!: string;

  @Field(() => Date)
  createdAt!: Date;

  @Field(() => Date, { nullable: true, description: 'When the reader finished it. Null: it is open.' })
  finishedAt!: Date | null;

  @Field(() => Boolean, {
    description:
      'Whether the cells are shown without answers and reviews. Each review says whether it was blind: a reader may have seen the ' +
      'prediction elsewhere.',
  })
  blind!: boolean;

  @Field(() => ReviewOrigin, { description: 'Of the reviews of the reading.' })
  origin!: ReviewOrigin;

  @Field(() => ReadingPart, { nullable: true, description: 'Null unless it belongs to a double reading.' })
  part!: ReadingPart | null;
}

@ObjectType({
  description:
    'A cell of a reading. In a blind reading it has no answer and nobody else’s review until the reading is finished.',
})
export class ReadingCell {
  @Field(() => Int, { description: 'Its place in the reading, from 0.' })
  place!: number;

  @Field(() => ReviewVerdict, {
    nullable: true,
    description: 'What the reader decided. Null until the reader has decided.',
  })
  verdict!: ReviewVerdict | null;

  @Field(() => String, { nullable: true, description: "The reader's label. Null unless `verdict` is LABEL." })
  label!: string | null;

  @Field(() => CellType, { nullable: true, description: 'The cell type that the reader named.' })
  cellType!: CellType | null;

  @Field(() => String, { nullable: true, description: "The reader's comment." })
  comment!: string | null;
}

@InputType({ description: 'Chooses the cells of a reading among those that the reader sees.' })
export class StartReadingInput {
  @Field(() => PredictionFilter, {
    description: `Which predictions. Those of a case: its \`caseId\`. Of a long history, the newest 20,000 are considered.`,
  })
  filter!: PredictionFilter;

  @Field(() => ReadingOrder)
  order!: ReadingOrder;

  @Field(() => Int, {
    nullable: true,
    description: `The number of cells: 1 to ${MOST_CELLS}. Default: all, at most ${MOST_CELLS}.`,
  })
  count?: number | null;

  @Field(() => Boolean, { description: 'Whether to show the cells without answers and reviews.' })
  blind!: boolean;
}

@InputType()
export class StartDoubleReadingInput {
  @Field(() => ID)
  caseId!: string;

  @Field(() => [ID], { description: 'Two of the `possibleReaders` of the case.' })
  readerIds!: string[];

  @Field(() => ID, {
    nullable: true,
    description:
      'Another of the `possibleReaders`, who gets the cells on which the two differ. Default: the one who starts the third reading.',
  })
  thirdReaderId?: string | null;

  @Field(() => Int, {
    nullable: true,
    description: `The number of cells, drawn at random: 1 to ${MOST_CELLS}. Default: all, at most ${MOST_CELLS}.`,
  })
  count?: number | null;
}

@InputType()
export class DecideOnCellInput {
  @Field(() => ID)
  readingId!: string;

  @Field(() => Int, { description: 'The place of the cell.' })
  place!: number;

  @Field(() => ReviewVerdict)
  verdict!: ReviewVerdict;

  @Field(() => String, {
    nullable: true,
    description: 'One of the `labels` of the cell. Required if the verdict is LABEL, and not used otherwise.',
  })
  label?: string | null;

  @Field(() => CellType, { nullable: true, description: 'Not with the verdict NOT_A_CELL.' })
  cellType?: CellType | null;

  @Field(() => String, { nullable: true, description: 'At most 2,000 characters.' })
  comment?: string | null;
}

@InputType()
export class UndoDecisionInput {
  @Field(() => ID)
  readingId!: string;

  @Field(() => Int, { description: 'The place of the cell.' })
  place!: number;
}

@ObjectType()
export class ReadingPayload {
  @Field(() => Reading, { nullable: true })
  reading?: Reading | null;

  @Field(() => [UserError])
  userErrors!: UserError[];
}

@ObjectType()
export class ReadingCellPayload {
  @Field(() => ReadingCell, { nullable: true })
  cell?: ReadingCell | null;

  @Field(() => [UserError])
  userErrors!: UserError[];
}

@ObjectType({
  description:
    'Two people read the same cells of a case, blind and each in their own order. A third reads the cells on which they differ.',
})
export class DoubleReading {
  @Field(() => ID)
  id!: string;

  @Field(() => Date)
  createdAt!: Date;
}

@ObjectType({ description: 'How far a reader of a double reading is.' })
export class ReadingProgress {
  @Field(() => ReadingPart)
  part!: ReadingPart;

  @Field(() => Int)
  cellCount!: number;

  @Field(() => Int)
  decidedCount!: number;

  @Field(() => Date, { nullable: true })
  finishedAt!: Date | null;
}

@ObjectType({ description: 'On how many cells the two readers of a double reading differ.' })
export class Disagreements {
  @Field(() => Int, {
    description:
      'Cells to which the readers gave different labels, or that one of them found not to be a cell or could not tell. Also cells with equal ' +
      'labels and different types, if one of these is a blast of a named lineage, a promonocyte or an abnormal promyelocyte.',
  })
  count!: number;

  @Field(() => Int, {
    description:
      'Those of them on which no third reader has decided. A case cannot be signed while there are any.',
  })
  openCount!: number;
}

@ObjectType({
  description:
    "How far two sides give the same labels: the share of equal ones, and Cohen's κ (Cohen 1960), with the standard error of Fleiss, Cohen and Everitt (1969).",
})
export class Agreement {
  @Field(() => Int, { description: 'The cells that were compared.' })
  count!: number;

  @Field(() => Int, { description: 'Those of them with equal labels.' })
  agreeing!: number;

  @Field(() => Int, {
    description: 'Cells that could not be compared, because a side gave no label or was not blind.',
  })
  leftOut!: number;

  @Field(() => Float, {
    nullable: true,
    description: '−1 to 1. Null without cells, or if both sides gave one and the same label to all of them.',
  })
  kappa!: number | null;

  @Field(() => Float, { nullable: true, description: 'Of κ, for large numbers of cells.' })
  standardError!: number | null;

  @Field(() => Float, { nullable: true, description: 'The lower limit of the 95 % interval of κ.' })
  lower!: number | null;

  @Field(() => Float, { nullable: true, description: 'The upper limit of the 95 % interval of κ.' })
  upper!: number | null;
}

@ObjectType({ description: 'How far a reader agrees with the model.' })
export class ReaderAgreement {
  @Field(() => Agreement, {
    description:
      'The labels of the reader and of the model. Cells without an answer of the model are left out.',
  })
  labels!: Agreement;
}

@ObjectType({ description: 'The agreement of readers with each other and with a version of a model.' })
export class ReadingAgreement {
  @Field(() => Agreement, {
    description:
      'Between the first and the second reader: their labels, with “not a cell” as one more label. Cells that a reader could not tell are left out.',
  })
  labels!: Agreement;

  @Field(() => Agreement, {
    description:
      'Between the first and the second reader: their cell types. Cells that one of them gave no type are left out.',
  })
  cellTypes!: Agreement;
}

@ObjectType()
export class DoubleReadingPayload {
  @Field(() => DoubleReading, { nullable: true })
  doubleReading?: DoubleReading | null;

  @Field(() => [UserError])
  userErrors!: UserError[];
}
