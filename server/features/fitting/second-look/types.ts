import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { UserError } from '../../../api/user-error.js';
import { ReviewVerdict } from '../../../database/generated/enums.js';
import { PredictionFilter } from '../../predictions/types.js';

@ObjectType({
  description:
    'Labelled cells that a person labels again before a fit, without seeing their labels or the answers of a version: as many cells where the label and the version agree as cells where they differ, in random order.',
})
export class SecondLook {
  @Field(() => ID)
  id!: string;

  @Field(() => Date)
  createdAt!: Date;
}

@ObjectType({
  description: 'A cell of a second look. It has neither its label nor any answer.',
})
export class SecondLookCell {
  @Field(() => Int, { description: 'Its place in the random order, from 0.' })
  place!: number;
}

@ObjectType({ description: 'The result of a second look.' })
export class SecondLookResult {
  @Field(() => Int, { description: 'Cells that got the same label again.' })
  keptCount!: number;

  @Field(() => Int, { description: 'Cells that got a different label.' })
  changedCount!: number;

  @Field(() => Int, { description: 'Cells that the reviewer could not label, or that are not a cell.' })
  withoutLabelCount!: number;
}

@InputType({
  description:
    'The labelled cells that a second look is drawn from: give either `datasetSnapshotId` or `reviews`, as for `fitModelVersion`.',
})
export class StartSecondLookInput {
  @Field(() => ID, { description: 'The version that will be fitted. It must be READY.' })
  modelVersionId!: string;

  @Field(() => ID, {
    nullable: true,
    description: 'A READY snapshot that the version has been evaluated on.',
  })
  datasetSnapshotId?: string | null;

  @Field(() => PredictionFilter, { nullable: true, description: 'Chooses reviewed predictions.' })
  reviews?: PredictionFilter | null;

  @Field(() => Boolean, {
    nullable: true,
    description:
      'Whether to include predictions that were reviewed because of what the model predicted. Default: false.',
  })
  includeOtherOrigins?: boolean | null;
}

@InputType()
export class GiveSecondLabelInput {
  @Field(() => ID)
  secondLookId!: string;

  @Field(() => Int, { description: 'The place of the cell.' })
  place!: number;

  @Field(() => ReviewVerdict)
  verdict!: ReviewVerdict;

  @Field(() => String, {
    nullable: true,
    description:
      'One of the `labels` of the second look. Required if the verdict is LABEL, and not used otherwise.',
  })
  label?: string | null;
}

@ObjectType()
export class SecondLookPayload {
  @Field(() => SecondLook, { nullable: true })
  secondLook?: SecondLook | null;

  @Field(() => [UserError])
  userErrors!: UserError[];
}
