import { authorise } from '../../../api/authorise.js';
import type { RequestContext } from '../../../api/context.js';
import { UserErrorCode, userError } from '../../../api/user-error.js';
import { ModelAlias } from '../../../database/generated/enums.js';
import { newId } from '../../../database/ids.js';
import { recordAuditEvent } from '../../audit/record-audit-event.js';
import { type ApprovalView, loadApprovals, loadApprovalsOfVersions } from './approvals.js';
import { lastChange } from './change-alias.js';
import { lockModel } from '../find-or-create-model.js';
import type { ApprovePromotionInput } from './types.js';
import { readyModelVersion } from './ready-model-version.js';
import { validReason } from '../reason.js';

const FIELD = ['input', 'modelVersionId'];

/**
 * Records the viewer's word that a version may become the champion in place of the present one. It lets somebody else
 * promote it where the policy asks for a second person, as long as the champion does not change.
 */
export async function approvePromotion(
  context: RequestContext,
  input: ApprovePromotionInput,
): Promise<{ approval: ApprovalView | null }> {
  const viewer = authorise(context, 'promote models');
  const { database } = context;
  const comment = validReason(input.comment, 'comment');
  const { version, model } = await readyModelVersion(context, input.modelVersionId, 'become the champion');
  const name = `Version ${version.version} of ${model.name}`;

  const id = newId('appr');
  await database.$transaction(async (tx) => {
    await lockModel(tx, model.id);
    const champion = await lastChange(tx, model.id, ModelAlias.CHAMPION);
    if (champion?.versionId === version.id) {
      throw userError(UserErrorCode.CONFLICT, `${name} is the CHAMPION already.`, FIELD);
    }
    const approvals = (await loadApprovalsOfVersions(tx, [version.id])).get(version.id) ?? [];
    const own = approvals.find((approval) => approval.isStanding && approval.approvedById === viewer.id);
    if (own) {
      const message = `You have approved it already: that stands until ${own.expiresAt.toISOString()}.`;
      throw userError(UserErrorCode.CONFLICT, message, FIELD);
    }
    await tx.promotionApproval.create({
      data: {
        id,
        modelVersionId: version.id,
        afterPromotionId: champion?.promotionId,
        approvedById: viewer.id,
        comment,
      },
    });
    await recordAuditEvent(tx, context, {
      action: 'PROMOTION_APPROVED',
      entityId: version.id,
      detail: `${name} may become CHAMPION: ${comment}`,
    });
  });
  return { approval: (await loadApprovals(database, [id])).get(id) ?? null };
}
