import { Field, Float, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { connectionTypes } from '../../../api/connection.js';
import { Needs } from '../../../api/needs.js';
import { Node } from '../../../api/node.js';
import { UserError } from '../../../api/user-error.js';
import { fileWarningCodes } from '../../../image-files/inspection.js';
import { fieldWarningCodes, MOST_CELLS, MOST_LEFT_OUT } from '../../../pixels/field-cells.js';
import { LabelCount } from '../../../api/label-count.js';
import { CASE_REFERENCE } from '../case-reference.js';
import { Prediction } from '../types.js';

export enum LeftOutReason {
  CUT_OFF = 'CUT_OFF',
  TOO_SMALL = 'TOO_SMALL',
  TOO_MANY = 'TOO_MANY',
}
registerEnumType(LeftOutReason, {
  name: 'LeftOutReason',
  description: 'Why a cell that was found in a field is not classified.',
  valuesConfig: {
    CUT_OFF: { description: 'The border of the picture cuts the cell off.' },
    TOO_SMALL: { description: 'The cell has too few pixels.' },
    TOO_MANY: {
      description: `The field has more than ${MOST_CELLS} cells. Those that come first in reading order are classified.`,
    },
  },
});

@ObjectType({
  description:
    'A box in an image, in pixels of the upright image, from its left and top border. Around the whole cell with its cytoplasm.',
})
export class Region {
  @Field(() => Int)
  left!: number;

  @Field(() => Int)
  top!: number;

  @Field(() => Int)
  width!: number;

  @Field(() => Int)
  height!: number;
}

@ObjectType({
  description: 'The scale of a picture, by its red cells, which measure 7 to 8 µm.',
})
export class PictureScale {
  @Field(() => Float, { description: 'Median diameter of the red cells, in pixels of the upright image.' })
  redCellDiameter!: number;

  @Field(() => Float, { description: 'Standard error of that median, in pixels.' })
  uncertainty!: number;

  @Field(() => Int, { description: 'The number of red cells that were measured.' })
  redCells!: number;
}

@ObjectType({ description: 'A cell that was found in a field but not classified.' })
export class LeftOutCell {
  @Field(() => Region)
  region!: Region;

  @Field(() => LeftOutReason)
  reason!: LeftOutReason;
}

@ObjectType({
  description: 'The number of cells of a field by the outcome of the model, regardless of reviews.',
})
export class FieldCounts {
  @Field(() => [LabelCount], {
    description: 'The cells whose outcome is CLASSIFIED, for each label of the version.',
  })
  classified!: LabelCount[];

  @Field(() => Int)
  indeterminate!: number;

  @Field(() => Int)
  outOfDistribution!: number;
}

@ObjectType('Field', {
  implements: Node,
  description:
    'A picture with several cells. Each cell that was found is a prediction of the field, or is left out for a reason.',
})
export class CellField extends Node {
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

  @Field(() => PictureScale, {
    nullable: true,
    description: 'Null if no red cell could be measured.',
  })
  scale!: PictureScale | null;

  @Field(() => [LeftOutCell], {
    description: `In reading order, at most ${MOST_LEFT_OUT.toLocaleString('en')}.`,
  })
  leftOut!: LeftOutCell[];

  @Field(() => [String], {
    description:
      `Warnings about the picture: ${fieldWarningCodes.join(', ')}. In the file: ${fileWarningCodes.join(', ')}. ` +
      'Later releases may add others.',
  })
  qualityWarnings!: string[];
}

export const { ConnectionType: FieldConnection } = connectionTypes('Field', () => CellField);

@InputType({ description: 'A field must meet all conditions that are given.' })
export class FieldFilter {
  @Field(() => String, { nullable: true })
  caseReference?: string | null;

  @Field(() => ID, { nullable: true, description: 'Of this case, if the viewer sees it.' })
  caseId?: string | null;

  @Field(() => ID, { nullable: true, description: 'The user who classified the field.' })
  createdById?: string | null;

  @Field(() => ID, { nullable: true, description: 'A site that the user sees.' })
  siteId?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'SHA-256 of the image file, in lowercase hexadecimal.',
  })
  imageSha256?: string | null;

  @Field(() => Date, { nullable: true, description: 'Created at or after this time.' })
  createdAfter?: Date | null;

  @Field(() => Date, { nullable: true, description: 'Created before this time.' })
  createdBefore?: Date | null;
}

@InputType()
export class ClassifyPredictionAsFieldInput {
  @Field(() => ID, { description: 'A prediction of a whole image.' })
  predictionId!: string;

  @Field(() => String, {
    nullable: true,
    description:
      'An id that you choose for this request, to repeat it safely: with the same id and input, a repeat within 24 hours ' +
      'returns the first field. The header Idempotency-Key means the same.',
  })
  clientRequestId?: string | null;
}

@ObjectType()
export class ClassifyFieldPayload {
  @Field(() => CellField, { nullable: true })
  field?: CellField | null;

  @Field(() => [UserError])
  userErrors!: UserError[];
}

@InputType()
export class AddFieldCellInput {
  @Field(() => ID)
  fieldId!: string;

  @Field(() => Float, {
    description: 'Centre of the cell, in pixels from the left border of the upright image.',
  })
  x!: number;

  @Field(() => Float, {
    description: 'Centre of the cell, in pixels from the top border of the upright image.',
  })
  y!: number;
}

@ObjectType()
export class AddFieldCellPayload {
  @Field(() => Prediction, { nullable: true })
  prediction?: Prediction | null;

  @Needs('read predictions') // a token for classifying is enough to add a cell
  @Field(() => CellField, { nullable: true })
  field?: CellField | null;

  @Field(() => [UserError])
  userErrors!: UserError[];
}
