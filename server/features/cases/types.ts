import { Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { PageInfo } from '../../api/connection.js';
import { Needs } from '../../api/needs.js';
import { Node } from '../../api/node.js';
import { UserError } from '../../api/user-error.js';
import { LONGEST_COMMENT } from '../../api/valid-comment.js';
import { CaseState } from '../../database/generated/enums.js';
import { Prediction } from '../predictions/types.js';
import { MOST_MOVED } from './move-to-case.js';

registerEnumType(CaseState, {
  name: 'CaseState',
  description: 'Later releases may add others.',
  valuesConfig: {
    OPEN: { description: 'Images may be moved into the case and out of it, and its comment may change.' },
    SIGNED: {
      description:
        'The comment no longer changes, and no image is moved into the case or out of it. Images can still be classified and reviewed.',
    },
  },
});

@ObjectType({
  implements: Node,
  description:
    'The images of a patient or sample: all predictions, fields and bulk classifications with one case reference at one site. A case ' +
    'exists from the first of these on.',
})
export class Case extends Node {
  @Needs('see images')
  @Field(() => String, {
    nullable: true,
    description:
      "The sender's own reference for the case or patient. Unique at the site, with regard to capitals. Null for auditors.",
  })
  reference!: string | null;

  @Field(() => CaseState)
  state!: CaseState;

  @Needs('see images')
  @Field(() => String, { nullable: true, description: 'Null for auditors.' })
  comment!: string | null;

  @Field(() => Date, {
    description: 'When the case began: with its first image, or with the first one that was moved into it.',
  })
  createdAt!: Date;
}

@ObjectType('CaseCounts', {
  description:
    'The number of cells of a case by what is known about each: its newest review, or else the answer of the model.',
})
export class CaseCountsObject {
  @Field(() => Int, {
    description: 'All predictions, including those that are not cells by their newest review.',
  })
  cells!: number;

  @Field(() => Int, { description: 'Without a review, and with the outcome INDETERMINATE.' })
  needsReview!: number;

  @Field(() => Int, { description: 'Without a review, and with the outcome OUT_OF_DISTRIBUTION.' })
  notRecognised!: number;

  @Field(() => Int, {
    description:
      'Blasts of every lineage by the cell type of the newest review, or by its label if it states no type; without a review, by the type and ' +
      'label of the model. The same number as `differential.blasts.count`.',
  })
  blasts!: number;

  @Field(() => Int, { description: 'With at least one review.' })
  reviewed!: number;

  @Field(() => Int, { description: 'Whose newest review has the verdict NOT_A_CELL.' })
  notCells!: number;
}

@ObjectType()
export class CaseEdge {
  @Field(() => String)
  cursor!: string;

  @Field(() => Case)
  node!: Case;
}

@ObjectType()
export class CaseConnection {
  @Field(() => [CaseEdge])
  edges!: CaseEdge[];

  @Field(() => PageInfo)
  pageInfo!: PageInfo;
}

@InputType({ description: 'A case must meet all conditions that are given.' })
export class CaseFilter {
  @Field(() => String, {
    nullable: true,
    description:
      'Part of the reference: 1 to 200 characters, without regard to capitals and to white space around it. Not for auditors.',
  })
  search?: string | null;

  @Field(() => CaseState, { nullable: true })
  state?: CaseState | null;

  @Field(() => ID, { nullable: true, description: 'Of this site, if the viewer sees it.' })
  siteId?: string | null;

  @Field(() => ID, {
    nullable: true,
    description: 'A user who sent or reviewed images of the case, or changed the case.',
  })
  workedOnById?: string | null;

  @Field(() => Date, { nullable: true, description: 'Created at or after this time.' })
  createdAfter?: Date | null;

  @Field(() => Date, { nullable: true, description: 'Created before this time.' })
  createdBefore?: Date | null;
}

@InputType()
export class CommentOnCaseInput {
  @Field(() => ID)
  caseId!: string;

  @Field(() => String, {
    nullable: true,
    description: `Replaces the comment: at most ${LONGEST_COMMENT.toLocaleString('en')} characters. Null or an empty text removes it.`,
  })
  comment?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'The comment that the user has seen; null: none. CONFLICT if the case has another comment now. Without this field, any comment is ' +
      'replaced.',
  })
  replaces?: string | null;
}

@ObjectType()
export class CommentOnCasePayload {
  @Needs('read predictions')
  @Field(() => Case, { nullable: true })
  case?: Case | null;

  @Field(() => [UserError])
  userErrors!: UserError[];
}

@InputType()
export class MoveToCaseInput {
  @Field(() => [ID], {
    description: `1 to ${MOST_MOVED} predictions. A cell of a field brings the field with all of its cells.`,
  })
  predictionIds!: string[];

  @Field(() => String, {
    description: 'The reference of the case, which need not exist yet: at most 200 characters.',
  })
  caseReference!: string;
}

@ObjectType()
export class MoveToCasePayload {
  @Needs('read predictions')
  @Field(() => [Prediction], {
    nullable: true,
    description: 'The requested predictions in their order. Null if there are errors.',
  })
  predictions?: Prediction[] | null;

  @Field(() => [UserError])
  userErrors!: UserError[];
}
