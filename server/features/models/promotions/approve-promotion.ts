import { authorise } from '../../../api/authorise.js';
import type { RequestContext } from '../../../api/context.js';
import { UserErrorCode, userError } from '../../../api/user-error.js';
import { ModelAlias } from '../../../database/generated/enums.js';
import { newId } from '../../../database/ids.js';
import { recordAuditEvent } from '../../audit/record-audit-event.js';
import { type ApprovalView, loadApprovals, loadApprovalsOfVersions, timeInWords } from './approvals.js';
import { lastChange } from './change-alias.js';
import { lockModel } from '../find-or-create-model.js';
import type { ApprovePromotionInput } from './types.js';
import { readyModelVersion } from './ready-model-version.js';
import { validReason } from '../reason.js';

const FIELD = ['input', 'modelVersionId'];

/**
 * Records the viewer's approval that a version may replace the current champion. If the policy requires a second person, the
 * approval lets another person promote the version, until the champion changes or the approval expires.
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
      throw userError(UserErrorCode.CONFLICT, `${name} is already the champion.`, FIELD);
    }
    const approvals = (await loadApprovalsOfVersions(tx, [version.id])).get(version.id) ?? [];
    const own = approvals.find((approval) => approval.isStanding && approval.approvedById === viewer.id);
    if (own) {
      const message = `You have already approved it. Your approval is valid until ${timeInWords(own.expiresAt)}.`;
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
      detail: `${name} may become champion: ${comment}`,
    });
  });
  return { approval: (await loadApprovals(database, [id])).get(id) ?? null };
}
