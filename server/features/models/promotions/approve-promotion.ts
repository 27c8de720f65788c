import { authorise } from '../../../api/authorise.js';
import type { RequestContext, Viewer } from '../../../api/context.js';
import { UserErrorCode, userError } from '../../../api/user-error.js';
import type { Transaction } from '../../../database/client.js';
import { ModelAlias } from '../../../database/generated/enums.js';
import { newId } from '../../../database/ids.js';
import { recordAuditEvent } from '../../audit/record-audit-event.js';
import {
  type ApprovalView,
  authorColumns,
  isAuthor,
  loadApprovals,
  loadApprovalsOfVersions,
  timeInWords,
} from './approvals.js';
import { type LastChange, lastChange } from './change-alias.js';
import { lockModel } from '../find-or-create-model.js';
import type { ApprovedKind } from './gates/approval-gate.js';
import type { ApprovePromotionInput } from './types.js';
import { readyModelVersion } from './ready-model-version.js';
import { validReason } from '../reason.js';

const FIELD = ['input', 'modelVersionId'];

/**
 * Records the viewer's approval that a version may replace the current champion. If the policy requires a second person, the
 * approval lets another person promote the version, until the champion changes or the approval expires. Users who trained or
 * registered the version may not approve it.
 */
export function approvePromotion(
  context: RequestContext,
  input: ApprovePromotionInput,
): Promise<{ approval: ApprovalView | null }> {
  return approve(context, input, 'PROMOTION');
}

/**
 * Records the viewer's approval that the champion may be retired without a successor. If the policy requires a second person, the
 * approval lets an administrator retire it, until the champion changes or the approval expires.
 */
export function approveRetirement(
  context: RequestContext,
  input: ApprovePromotionInput,
): Promise<{ approval: ApprovalView | null }> {
  return approve(context, input, 'RETIREMENT');
}

async function approve(
  context: RequestContext,
  input: ApprovePromotionInput,
  kind: ApprovedKind,
): Promise<{ approval: ApprovalView | null }> {
  const viewer = authorise(context, 'promote models');
  const comment = validReason(input.comment, 'comment');
  const purpose = kind === 'PROMOTION' ? 'become the champion' : 'be retired';
  const { version, model } = await readyModelVersion(context, input.modelVersionId, purpose);
  const name = `Version ${version.version} of ${model.name}`;

  const id = newId('appr');
  await context.database.$transaction(async (tx) => {
    await lockModel(tx, model.id);
    const champion = await lastChange(tx, model.id, ModelAlias.CHAMPION);
    refuseWrongAlias(name, { kind, isChampion: champion?.versionId === version.id });
    if (kind === 'PROMOTION') await refuseAuthor(tx, version.id, viewer);
    await refuseRepeated(tx, { versionId: version.id, kind, viewer });
    await recordApproval(tx, { id, kind, versionId: version.id, champion, viewer, comment });
    await recordAuditEvent(tx, context, {
      action: kind === 'PROMOTION' ? 'PROMOTION_APPROVED' : 'RETIREMENT_APPROVED',
      entityId: version.id,
      detail: `${name} may ${kind === 'PROMOTION' ? 'become champion' : 'be retired as champion'}: ${comment}`,
    });
  });
  return { approval: (await loadApprovals(context.database, [id])).get(id) ?? null };
}

function refuseWrongAlias(
  name: string,
  { kind, isChampion }: { kind: ApprovedKind; isChampion: boolean },
): void {
  if (isChampion === (kind === 'RETIREMENT')) return;
  const message = isChampion ? `${name} is already the champion.` : `${name} is not the champion.`;
  throw userError(UserErrorCode.CONFLICT, message, FIELD);
}

async function refuseAuthor(tx: Transaction, versionId: string, viewer: Viewer): Promise<void> {
  const version = await tx.modelVersion.findUniqueOrThrow({
    where: { id: versionId },
    select: authorColumns,
  });
  if (!isAuthor(version, viewer.id)) return;
  throw userError(
    UserErrorCode.FORBIDDEN,
    'You trained, fitted or registered this version, so someone else must approve it. You may promote it once it is approved.',
    FIELD,
  );
}

async function refuseRepeated(
  tx: Transaction,
  { versionId, kind, viewer }: { versionId: string; kind: ApprovedKind; viewer: Viewer },
): Promise<void> {
  const approvals = (await loadApprovalsOfVersions(tx, [versionId])).get(versionId) ?? [];
  const own = approvals.find(
    (approval) => approval.kind === kind && approval.isStanding && approval.approvedById === viewer.id,
  );
  if (!own) return;
  const message = `You have already approved it. Your approval is valid until ${timeInWords(own.expiresAt)}.`;
  throw userError(UserErrorCode.CONFLICT, message, FIELD);
}

interface NewApproval {
  id: string;
  kind: ApprovedKind;
  versionId: string;
  champion: LastChange | null;
  viewer: Viewer;
  comment: string;
}

async function recordApproval(
  tx: Transaction,
  { id, kind, versionId, champion, viewer, comment }: NewApproval,
): Promise<void> {
  await tx.promotionApproval.create({
    data: {
      id,
      kind,
      modelVersionId: versionId,
      afterPromotionId: champion?.promotionId,
      approvedById: viewer.id,
      comment,
    },
  });
}
