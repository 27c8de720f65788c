import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { UserError } from '../../api/user-error.js';

@ObjectType({ description: 'What is stored about a case, and what its erasure removes.' })
export class CaseContents {
  @Field(() => Int)
  predictionCount!: number;

  @Field(() => Int)
  reviewCount!: number;

  @Field(() => Int)
  fieldCount!: number;

  @Field(() => Int, { description: 'Signed reports.' })
  reportCount!: number;

  @Field(() => Int, {
    description:
      'Items of dataset snapshots of reviewed predictions. They are removed from the snapshots, whose digests stay.',
  })
  datasetItemCount!: number;

  @Field(() => Int, { description: 'Bulk classifications with the case reference.' })
  bulkClassificationCount!: number;

  @Field(() => Int, {
    description: 'Bulk classifications that have not ended. They must end, or be cancelled, first.',
  })
  unfinishedBulkClassificationCount!: number;

  @Field(() => Int, { description: 'Images that only this case uses. They are deleted.' })
  imageCount!: number;

  @Field(() => Int, {
    description:
      'Images that other predictions or dataset snapshots use too. They are kept, without a link to the case.',
  })
  sharedImageCount!: number;
}

@InputType()
export class EraseCaseInput {
  @Field(() => String)
  caseReference!: string;

  @Field(() => String, {
    description: 'Recorded in the audit trail: 10 to 2,000 characters, without the case reference.',
  })
  reason!: string;
}

@ObjectType()
export class CaseErasure {
  @Field(() => ID, { description: 'The event in the audit trail.' })
  auditEventId!: string;

  @Field(() => CaseContents, { description: 'What was erased, and the number of images that are kept.' })
  contents!: CaseContents;
}

@ObjectType()
export class EraseCasePayload {
  @Field(() => CaseErasure, { nullable: true })
  erasure?: CaseErasure | null;

  @Field(() => [UserError])
  userErrors!: UserError[];
}
