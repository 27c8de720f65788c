import { Field, Float, ID, InputType, ObjectType, registerEnumType } from 'type-graphql';
import { Node } from '../../../api/node.js';
import { UserError } from '../../../api/user-error.js';
import { ModelAlias, PromotionKind } from '../../../database/generated/enums.js';

registerEnumType(PromotionKind, { name: 'PromotionKind' });

@ObjectType({ description: 'The result of one check before a promotion.' })
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
  description: "A change of a model's champion or challenger. Promotions are added, never changed.",
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

  @Field(() => String, { description: 'The reason for the promotion history: at least 10 characters.' })
  reason!: string;

  @Field(() => Boolean, {
    nullable: true,
    description:
      'Promote even if gates that may be overridden fail. Requires the role ADMIN and is recorded.',
  })
  overrideGates?: boolean | null;
}

@InputType()
export class RollbackModelInput {
  @Field(() => String)
  modelName!: string;

  @Field(() => String, { description: 'The reason for the promotion history: at least 10 characters.' })
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
    "A user's approval that a version replaces the current champion, or that the champion is retired without a successor. Approvals are added, never changed. An approval is valid for one change, by another user.",
})
export class PromotionApproval extends Node {
  @Field(() => PromotionKind, {
    description:
      'PROMOTION: the version may become champion. RETIREMENT: the version may be retired as champion without a successor.',
  })
  kind!: PromotionKind;

  @Field(() => String)
  comment!: string;

  @Field(() => Date)
  createdAt!: Date;

  @Field(() => Date)
  expiresAt!: Date;

  @Field(() => Boolean, {
    description:
      'Whether the approval is valid now: the champion has not changed since, the approval was not withdrawn and has not expired, and its author may still promote and neither trained, fitted nor registered the version.',
  })
  isStanding!: boolean;
}

@ObjectType({ description: 'Who withdrew an approval, when and why.' })
export class ApprovalWithdrawal {
  @Field(() => String)
  reason!: string;

  @Field(() => Date)
  createdAt!: Date;
}

@InputType()
export class WithdrawApprovalInput {
  @Field(() => ID)
  approvalId!: string;

  @Field(() => String, { description: 'Why the approval is withdrawn: at least 10 characters.' })
  reason!: string;
}

@InputType()
export class ApprovePromotionInput {
  @Field(() => ID, {
    description:
      'A READY version: for a promotion, one that is not the champion; for a retirement, the champion.',
  })
  modelVersionId!: string;

  @Field(() => String, {
    description: 'What was checked, for the record: at least 10 characters.',
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
  @Field(() => ID, { description: 'The version that has the alias.' })
  modelVersionId!: string;

  @Field(() => ModelAlias, { description: 'The alias to remove.' })
  alias!: ModelAlias;

  @Field(() => ID, {
    nullable: true,
    description:
      'The version of the same model that gets the alias instead, through its gates and in the same transaction. Only an ADMIN may retire a champion without a successor.',
  })
  successorId?: string | null;

  @Field(() => String, { description: 'The reason for the promotion history: at least 10 characters.' })
  reason!: string;
}
