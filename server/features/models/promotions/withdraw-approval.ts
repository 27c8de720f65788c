import { authorise, may } from '../../../api/authorise.js';
import type { RequestContext } from '../../../api/context.js';
import { UserErrorCode, userError } from '../../../api/user-error.js';
import { recordAuditEvent } from '../../audit/record-audit-event.js';
import { type ApprovalView, loadApprovals } from './approvals.js';
import { lockModel } from '../find-or-create-model.js';
import { validReason } from '../reason.js';
import type { WithdrawApprovalInput } from './types.js';

const FIELD = ['input', 'approvalId'];

/**
 * Withdraws an approval that no promotion has used yet, so that it no longer counts. Its author and administrators may do this.
 * The approval itself stays in the history.
 */
export async function withdrawApproval(
  context: RequestContext,
  { approvalId, reason: text }: WithdrawApprovalInput,
): Promise<{ approval: ApprovalView | null }> {
  const viewer = authorise(context, 'promote models');
  const { database } = context;
  const reason = validReason(text);
  const found = await database.promotionApproval.findUnique({
    where: { id: approvalId },
    select: {
      approvedById: true,
      modelVersion: { select: { id: true, version: true, model: { select: { id: true, name: true } } } },
    },
  });
  if (!found) throw userError(UserErrorCode.NOT_FOUND, 'There is no such approval.', FIELD);
  if (found.approvedById !== viewer.id && !may(viewer, 'override gates')) {
    const message = 'Only the person who gave the approval, or an administrator, may withdraw it.';
    throw userError(UserErrorCode.FORBIDDEN, message, FIELD);
  }

  const { id, version, model } = found.modelVersion;
  await database.$transaction(async (tx) => {
    await lockModel(tx, model.id);
    const approval = (await loadApprovals(tx, [approvalId])).get(approvalId);
    if (approval?.withdrawal)
      throw userError(UserErrorCode.CONFLICT, 'The approval was already withdrawn.', FIELD);
    if (approval?.promotionId) {
      const message = 'The approval has already been used. Roll back the model to undo the promotion.';
      throw userError(UserErrorCode.CONFLICT, message, FIELD);
    }
    await tx.promotionApprovalWithdrawal.create({ data: { approvalId, withdrawnById: viewer.id, reason } });
    await recordAuditEvent(tx, context, {
      action: 'APPROVAL_WITHDRAWN',
      entityId: id,
      detail: `An approval of version ${version} of ${model.name} was withdrawn: ${reason}`,
    });
  });
  return { approval: (await loadApprovals(database, [approvalId])).get(approvalId) ?? null };
}
