import { Arg, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import { batched, forgetBatches } from '../../../api/batched.js';
import type { RequestContext } from '../../../api/context.js';
import { withUserErrors } from '../../../api/user-error.js';
import { ModelAlias } from '../../../database/generated/enums.js';
import { loadUsers } from '../../accounts/load-users.js';
import { User } from '../../accounts/types.js';
import { type ApprovalView, loadApprovals } from './approvals.js';
import { approvePromotion, approveRetirement } from './approve-promotion.js';
import { failedGates } from './gates/check-gates.js';
import { loadModels, loadModelVersions } from '../load-models.js';
import { promoteModelVersion } from './promote-model-version.js';
import { promotionGates } from './promotion-gates.js';
import {
  ApprovalWithdrawal,
  ApprovePromotionInput,
  GateResult,
  PromoteModelVersionInput,
  Promotion,
  PromotionApproval,
  PromotionApprovalPayload,
  PromotionPayload,
  RetireModelVersionInput,
  RollbackModelInput,
  WithdrawApprovalInput,
} from './types.js';
import { type PromotionView, loadPromotions } from './load-promotions.js';
import { retireModelVersion } from './retire-model-version.js';
import { rollbackModel } from './rollback-model.js';
import { withdrawApproval } from './withdraw-approval.js';
import { Model, ModelVersion } from '../types.js';

@Resolver(() => Promotion)
export class PromotionResolver {
  @FieldResolver(() => Model)
  model(@Root() { modelId }: PromotionView, @Ctx() context: RequestContext) {
    return batched(context, loadModels).load(modelId);
  }

  @FieldResolver(() => ModelVersion, {
    nullable: true,
    description: 'The version that had the alias before. Null if no version had it.',
  })
  from(@Root() { fromVersionId }: PromotionView, @Ctx() context: RequestContext) {
    return fromVersionId && batched(context, loadModelVersions).load(fromVersionId);
  }

  @FieldResolver(() => ModelVersion, {
    nullable: true,
    description: 'The version that has the alias afterwards. Null if no version has it.',
  })
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
    description: 'The approval that the promotion used.',
  })
  approval(@Root() { approvalId }: PromotionView, @Ctx() context: RequestContext) {
    return approvalId && batched(context, loadApprovals).load(approvalId);
  }

  @FieldResolver(() => [String], {
    description: 'The gates that failed and were overridden by an ADMIN or at the first start of a server.',
  })
  overridden(@Root() { gateResults }: PromotionView) {
    return failedGates(gateResults).map(({ gate }) => gate);
  }

  @Query(() => [GateResult], {
    description:
      'The results that the promotion gates would give if the viewer promoted the version now, in order. The version is verified and loaded, but nothing changes.',
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
      'Makes a version the champion or challenger. The artifact is verified, the version loaded and warmed up, and the promotion gates checked first. Every server then uses the version.',
  })
  promoteModelVersion(
    @Ctx() context: RequestContext,
    @Arg('input', () => PromoteModelVersionInput) input: PromoteModelVersionInput,
  ) {
    forgetBatches(context);
    return withUserErrors<PromotionPayload>(() => promoteModelVersion(context, input));
  }

  @Mutation(() => PromotionPayload, {
    description:
      'Makes the last earlier champion that is READY the champion again, also if the champion was retired.',
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
      'Removes an alias from the version that has it, and gives it to a successor if one is named. A model without a champion cannot classify, so only an ADMIN may retire a champion without a successor, and the promotion policy may require the approval of a second person.',
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

  @FieldResolver(() => Promotion, { nullable: true, description: 'The promotion that used the approval.' })
  promotion(@Root() { promotionId }: ApprovalView, @Ctx() context: RequestContext) {
    return promotionId && batched(context, loadPromotions).load(promotionId);
  }

  @Mutation(() => PromotionApprovalPayload, {
    description:
      'Approves that a version replaces the current champion. The promotion policy may require this approval by a second person, who neither trained, fitted nor registered the version. An approval is valid for one week, while the champion stays the same, and only for a promotion by another user.',
  })
  approvePromotion(
    @Ctx() context: RequestContext,
    @Arg('input', () => ApprovePromotionInput) input: ApprovePromotionInput,
  ) {
    return withUserErrors<PromotionApprovalPayload>(() => approvePromotion(context, input));
  }

  @FieldResolver(() => ApprovalWithdrawal, {
    nullable: true,
    description: 'Null if the approval was not withdrawn.',
  })
  withdrawal(@Root() { withdrawal }: ApprovalView) {
    return withdrawal;
  }

  @Mutation(() => PromotionApprovalPayload, {
    description:
      'Approves that an ADMIN retires the champion without a successor. The promotion policy may require this approval by a second person. It is valid for one week, while the champion stays the same, and only for a retirement by another user.',
  })
  approveRetirement(
    @Ctx() context: RequestContext,
    @Arg('input', () => ApprovePromotionInput) input: ApprovePromotionInput,
  ) {
    return withUserErrors<PromotionApprovalPayload>(() => approveRetirement(context, input));
  }

  @Mutation(() => PromotionApprovalPayload, {
    description:
      'Withdraws an approval that no promotion has used, so that it no longer counts. Its author or an ADMIN may do this.',
  })
  withdrawApproval(
    @Ctx() context: RequestContext,
    @Arg('input', () => WithdrawApprovalInput) input: WithdrawApprovalInput,
  ) {
    return withUserErrors<PromotionApprovalPayload>(() => withdrawApproval(context, input));
  }
}

@Resolver(() => ApprovalWithdrawal)
export class ApprovalWithdrawalResolver {
  @FieldResolver(() => User)
  withdrawnBy(
    @Root() { withdrawnById }: NonNullable<ApprovalView['withdrawal']>,
    @Ctx() context: RequestContext,
  ) {
    return batched(context, loadUsers).load(withdrawnById);
  }
}
