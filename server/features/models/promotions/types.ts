import { Field, Float, ID, InputType, ObjectType, registerEnumType } from 'type-graphql';
import { Node } from '../../../api/node.js';
import { UserError } from '../../../api/user-error.js';
import { ModelAlias, PromotionKind } from '../../../database/generated/enums.js';

registerEnumType(PromotionKind, { name: 'PromotionKind' });

@ObjectType({ description: 'What one check found before a version was let into a part.' })
export class GateResult {
  @Field(() => String)
  gate!: string;

  @Field(() => Boolean)
  passed!: boolean;

  @Field(() => String)
  message!: string;

  @Field(() => Float, { nullable: true })
  observed?: number | null;

  @Field(() => Float, { nullable: true })
  required?: number | null;
}

@ObjectType({
  implements: Node,
  description: 'A change of who answers (or shadows): appended, never changed.',
})
export class Promotion extends Node {
  @Field(() => PromotionKind)
  kind!: PromotionKind;

  @Field(() => ModelAlias)
  alias!: ModelAlias;

  @Field(() => String)
  reason!: string;

  @Field(() => Date)
  createdAt!: Date;

  @Field(() => [GateResult])
  gateResults!: GateResult[];
}

@InputType()
export class PromoteModelVersionInput {
  @Field(() => ID)
  modelVersionId!: string;

  @Field(() => ModelAlias)
  alias!: ModelAlias;

  @Field(() => String, { description: 'For those who read the history later: at least 10 characters.' })
  reason!: string;

  @Field(() => Boolean, {
    nullable: true,
    description: 'Promote although a gate that may be overridden failed: needs ADMIN and is recorded.',
  })
  overrideGates?: boolean | null;
}

@InputType()
export class RollbackModelInput {
  @Field(() => String)
  modelName!: string;

  @Field(() => String, { description: 'For those who read the history later: at least 10 characters.' })
  reason!: string;
}

@ObjectType()
export class PromotionPayload {
  @Field(() => Promotion, { nullable: true })
  promotion?: Promotion | null;

  @Field(() => [UserError])
  userErrors!: UserError[];
}

@ObjectType({
  implements: Node,
  description:
    "Somebody's word that a version may become the champion in place of the present one. Appended, never changed; it serves one promotion, by somebody else.",
})
export class PromotionApproval extends Node {
  @Field(() => String)
  comment!: string;

  @Field(() => Date)
  createdAt!: Date;

  @Field(() => Date)
  expiresAt!: Date;

  @Field(() => Boolean, {
    description:
      'Whether a promotion can be made on it now: the champion is the same as when it was given, it has not expired, and whoever gave it may still promote.',
  })
  isStanding!: boolean;
}

@InputType()
export class ApprovePromotionInput {
  @Field(() => ID, { description: 'A READY version that is not the champion.' })
  modelVersionId!: string;

  @Field(() => String, {
    description: 'What was looked at, for those who read it later: at least 10 characters.',
  })
  comment!: string;
}

@ObjectType()
export class PromotionApprovalPayload {
  @Field(() => PromotionApproval, { nullable: true })
  approval?: PromotionApproval | null;

  @Field(() => [UserError])
  userErrors!: UserError[];
}

@InputType()
export class RetireModelVersionInput {
  @Field(() => ID, { description: 'The version that plays the part.' })
  modelVersionId!: string;

  @Field(() => ModelAlias, { description: 'The part that it is to play no more.' })
  alias!: ModelAlias;

  @Field(() => String, { description: 'For those who read the history later: at least 10 characters.' })
  reason!: string;
}
