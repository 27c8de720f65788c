import { Arg, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import { batched, forgetBatches } from '../../../api/batched.js';
import type { RequestContext } from '../../../api/context.js';
import { withUserErrors } from '../../../api/user-error.js';
import { ModelAlias } from '../../../database/generated/enums.js';
import { loadUsers } from '../../accounts/load-users.js';
import { User } from '../../accounts/types.js';
import { type ApprovalView, loadApprovals } from './approvals.js';
import { approvePromotion } from './approve-promotion.js';
import { failedGates } from './gates/check-gates.js';
import { loadModels, loadModelVersions } from '../load-models.js';
import { promoteModelVersion } from './promote-model-version.js';
import { promotionGates } from './promotion-gates.js';
import {
  ApprovePromotionInput,
  GateResult,
  PromoteModelVersionInput,
  Promotion,
  PromotionApproval,
  PromotionApprovalPayload,
  PromotionPayload,
  RetireModelVersionInput,
  RollbackModelInput,
} from './types.js';
import { type PromotionView, loadPromotions } from './load-promotions.js';
import { retireModelVersion } from './retire-model-version.js';
import { rollbackModel } from './rollback-model.js';
import { Model, ModelVersion } from '../types.js';

@Resolver(() => Promotion)
export class PromotionResolver {
  @FieldResolver(() => Model)
  model(@Root() { modelId }: PromotionView, @Ctx() context: RequestContext) {
    return batched(context, loadModels).load(modelId);
  }

  @FieldResolver(() => ModelVersion, { nullable: true, description: 'Null: nobody played the part before.' })
  from(@Root() { fromVersionId }: PromotionView, @Ctx() context: RequestContext) {
    return fromVersionId && batched(context, loadModelVersions).load(fromVersionId);
  }

  @FieldResolver(() => ModelVersion, { nullable: true, description: 'Null: nobody plays the part after.' })
  to(@Root() { toVersionId }: PromotionView, @Ctx() context: RequestContext) {
    return toVersionId && batched(context, loadModelVersions).load(toVersionId);
  }

  @FieldResolver(() => User)
  requestedBy(@Root() { requestedById }: PromotionView, @Ctx() context: RequestContext) {
    return requestedById && batched(context, loadUsers).load(requestedById);
  }

  @FieldResolver(() => User, { nullable: true })
  approvedBy(@Root() { approvedById }: PromotionView, @Ctx() context: RequestContext) {
    return approvedById && batched(context, loadUsers).load(approvedById);
  }

  @FieldResolver(() => PromotionApproval, {
    nullable: true,
    description: 'The approval that it was made on.',
  })
  approval(@Root() { approvalId }: PromotionView, @Ctx() context: RequestContext) {
    return approvalId && batched(context, loadApprovals).load(approvalId);
  }

  @FieldResolver(() => [String], {
    description:
      'The gates that had failed and were overridden: by an ADMIN, or at the first start of a server.',
  })
  overridden(@Root() { gateResults }: PromotionView) {
    return failedGates(gateResults).map(({ gate }) => gate);
  }

  @Query(() => [GateResult], {
    description:
      'What the gates would find if the viewer promoted the version now, in order; it changes nothing. The version is verified and loaded for it.',
  })
  promotionGates(
    @Ctx() context: RequestContext,
    @Arg('modelVersionId', () => ID) modelVersionId: string,
    @Arg('alias', () => ModelAlias) alias: ModelAlias,
  ) {
    return promotionGates(context, { modelVersionId, alias });
  }

  @Mutation(() => PromotionPayload, {
    description:
      "Lets a version play a part, once its artifact is verified, it is loaded and warm, and the gates let it: then every server's answers come from it.",
  })
  promoteModelVersion(
    @Ctx() context: RequestContext,
    @Arg('input', () => PromoteModelVersionInput) input: PromoteModelVersionInput,
  ) {
    forgetBatches(context);
    return withUserErrors<PromotionPayload>(() => promoteModelVersion(context, input));
  }

  @Mutation(() => PromotionPayload, {
    description: 'Makes the version that was champion before the present one answer again.',
  })
  rollbackModel(
    @Ctx() context: RequestContext,
    @Arg('input', () => RollbackModelInput) input: RollbackModelInput,
  ) {
    forgetBatches(context);
    return withUserErrors<PromotionPayload>(() => rollbackModel(context, input));
  }

  @Mutation(() => PromotionPayload, {
    description:
      'Takes a part from the version that plays it and gives it to nobody: a model without a champion does not answer.',
  })
  retireModelVersion(
    @Ctx() context: RequestContext,
    @Arg('input', () => RetireModelVersionInput) input: RetireModelVersionInput,
  ) {
    forgetBatches(context);
    return withUserErrors<PromotionPayload>(() => retireModelVersion(context, input));
  }
}

@Resolver(() => PromotionApproval)
export class PromotionApprovalResolver {
  @FieldResolver(() => ModelVersion)
  modelVersion(@Root() { modelVersionId }: ApprovalView, @Ctx() context: RequestContext) {
    return batched(context, loadModelVersions).load(modelVersionId);
  }

  @FieldResolver(() => User)
  approvedBy(@Root() { approvedById }: ApprovalView, @Ctx() context: RequestContext) {
    return batched(context, loadUsers).load(approvedById);
  }

  @FieldResolver(() => Promotion, { nullable: true, description: 'The promotion that was made on it.' })
  promotion(@Root() { promotionId }: ApprovalView, @Ctx() context: RequestContext) {
    return promotionId && batched(context, loadPromotions).load(promotionId);
  }

  @Mutation(() => PromotionApprovalPayload, {
    description:
      "Says that a version may become the champion in place of the present one: the second person's word, where the policy asks for one. It stands for a week and until the champion changes, and serves a promotion by somebody else.",
  })
  approvePromotion(
    @Ctx() context: RequestContext,
    @Arg('input', () => ApprovePromotionInput) input: ApprovePromotionInput,
  ) {
    return withUserErrors<PromotionApprovalPayload>(() => approvePromotion(context, input));
  }
}
