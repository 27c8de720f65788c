import { Field, ID, InputType, ObjectType, registerEnumType } from 'type-graphql';
import { Needs } from '../../api/needs.js';
import { Node } from '../../api/node.js';
import { CellType, ReviewOrigin, ReviewVerdict } from '../../database/generated/enums.js';
import { MOST_REVIEWS } from './most-reviews.js';

registerEnumType(ReviewVerdict, {
  name: 'ReviewVerdict',
  description: 'What a reviewer says about a prediction.',
  valuesConfig: {
    LABEL: { description: "One of the classes of the prediction's model version is the correct label." },
    NOT_A_CELL: {
      description:
        'The image shows no nucleated cell. It shows debris, a deposit of the stain, platelets or red cells, for example.',
    },
    CANNOT_TELL: {
      description: 'The reviewer cannot decide on a label, for example because the image is blurred.',
    },
  },
});

registerEnumType(ReviewOrigin, {
  name: 'ReviewOrigin',
  description:
    'How a cell was chosen for its review. Only the first two choose without regard to the prediction.',
  valuesConfig: {
    RANDOM_SAMPLE: { description: 'Drawn at random from a set of predictions.' },
    WHOLE_SET: { description: 'Every cell of a set was reviewed, such as all cells of a case.' },
    WORKLIST: {
      description:
        'From a list of predictions to review that was chosen by a rule, such as the least confident ones.',
    },
    CORRECTION: { description: 'The reviewer chose the prediction, to confirm or correct it.' },
  },
});

registerEnumType(CellType, {
  name: 'CellType',
  description:
    'The type of a nucleated cell in a blood film, by the names that the ICSH recommends (Palmer et al. 2015, doi:10.1111/ijlh.12327), ' +
    'and with the lineage of blasts. Later releases may add others.',
  valuesConfig: {
    BLAST: { description: 'A blast cell whose lineage cannot be seen.' },
    PROMONOCYTE: {
      description: 'Counted as equivalent to a blast in acute monocytic and myelomonocytic leukaemia.',
    },
    ABNORMAL_PROMYELOCYTE: { description: 'The promyelocyte of acute promyelocytic leukaemia.' },
    REACTIVE_LYMPHOCYTE: { description: 'A lymphocyte that responds to an infection or another stimulus.' },
    ABNORMAL_LYMPHOCYTE: { description: 'A lymphocyte that is suspected to be of a lymphoma or leukaemia.' },
    ERYTHROBLAST: { description: 'A nucleated red blood cell.' },
    SMUDGE_CELL: {
      description: 'A cell that burst when the film was made. Also called a smear or basket cell.',
    },
    OTHER: { description: 'Another cell, which the comment can name.' },
  },
});

const cellTypeDescription = 'Never with the verdict NOT_A_CELL.';
const blindDescription = "Whether the reviewer had not seen the model's prediction for the cell.";

@ObjectType({
  implements: Node,
  description:
    "A reviewer's verdict on a prediction. Reviews are added, never changed. A reviewer can withdraw a review, which then no longer counts.",
})
export class Review extends Node {
  @Field(() => Date)
  createdAt!: Date;

  @Field(() => ReviewVerdict)
  verdict!: ReviewVerdict;

  @Field(() => String, {
    description:
      "The reviewer's label if `verdict` is LABEL. With another verdict the reviewer gave no label, and this repeats the model's.",
  })
  label!: string;

  @Field(() => CellType, {
    nullable: true,
    description: `The type of the cell, if the reviewer named it. ${cellTypeDescription}`,
  })
  cellType!: CellType | null;

  @Needs('see images')
  @Field(() => String, { nullable: true, description: 'Null for auditors.' })
  comment!: string | null;

  @Field(() => Boolean, {
    description:
      "Whether the reviewer gave the model's label. False with a verdict other than LABEL, which neither agrees nor disagrees: " +
      'leave these reviews out of every rate.',
  })
  agreesWithModel!: boolean;

  @Field(() => Boolean, { description: blindDescription })
  blind!: boolean;

  @Field(() => ReviewOrigin)
  origin!: ReviewOrigin;

  @Field(() => Date, {
    nullable: true,
    description: 'When the reviewer withdrew the review. Null: it counts.',
  })
  withdrawnAt!: Date | null;
}

@InputType()
export class ReviewPredictionInput {
  @Field(() => ID)
  predictionId!: string;

  @Field(() => ReviewVerdict, { nullable: true, description: 'Default: LABEL.' })
  verdict?: ReviewVerdict | null;

  @Field(() => String, {
    description:
      "One of the classes of the prediction's model version. With a `verdict` other than LABEL it is required but not used: send the model's label.",
  })
  label!: string;

  @Field(() => CellType, {
    nullable: true,
    description: `The type of the cell, which may say more than the label. ${cellTypeDescription}`,
  })
  cellType?: CellType | null;

  @Field(() => String, { nullable: true, description: 'At most 2,000 characters.' })
  comment?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    description: `${blindDescription} Default: false.`,
  })
  blind?: boolean | null;

  @Field(() => ReviewOrigin, { nullable: true, description: 'Default: CORRECTION.' })
  origin?: ReviewOrigin | null;

  @Field(() => ID, {
    nullable: true,
    description:
      'The newest review of the prediction that the reviewer has seen; null: none. CONFLICT if another one is the newest now. Without this ' +
      'field, the review is added after any other.',
  })
  afterReviewId?: string | null;
}

@InputType()
export class ReviewPredictionsInput {
  @Field(() => [ReviewPredictionInput], {
    description: `1 to ${MOST_REVIEWS} reviews, each of another prediction.`,
  })
  reviews!: ReviewPredictionInput[];

  @Field(() => String, {
    nullable: true,
    description:
      'An id that the client chooses for this request, at most 200 characters. If the request is repeated with the same id within 24 hours, ' +
      'reviews that were added are not added again, and have their first results.',
  })
  clientRequestId?: string | null;
}

@InputType()
export class WithdrawReviewsInput {
  @Field(() => [ID], { description: `1 to ${MOST_REVIEWS} reviews of the caller.` })
  reviewIds!: string[];
}
