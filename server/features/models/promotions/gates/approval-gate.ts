import type { Database } from '../../../../database/client.js';
import type { PromotionPolicy } from '../../../../promotion-policy.js';
import { type ApprovalView, loadApprovalsOfVersions } from '../approvals.js';
import type { GateResult } from '../types.js';

/**
 * Whether somebody else than the one who promotes has approved it, where the policy asks for that; and, whatever it asks
 * for, the approval that the promotion is made on.
 */
export async function approvalGate(
  database: Database,
  { approval: asked }: PromotionPolicy,
  { versionId, promoterId }: { versionId: string; promoterId: string },
): Promise<{ results: GateResult[]; approval: ApprovalView | null }> {
  const approvals = (await loadApprovalsOfVersions(database, [versionId])).get(versionId) ?? [];
  const standing = approvals.filter(({ isStanding }) => isStanding);
  const approval = standing.find(({ approvedById }) => approvedById !== promoterId) ?? null;
  if (asked === 'none') return { results: [], approval };

  const message = approval
    ? `Somebody else approved it on ${approval.createdAt.toISOString()}: ${approval.comment}`
    : `${reasonOf(approvals, standing)} Somebody else who may promote models is to approve it.`;
  return { results: [{ gate: 'approval', passed: approval !== null, message }], approval };
}

function reasonOf(approvals: ApprovalView[], standing: ApprovalView[]): string {
  if (standing.length > 0) return 'The only approval is your own, which does not count.';
  if (approvals.length === 0) return 'Nobody has approved it.';
  return 'No approval stands: each is used, has expired, or is void since the champion has changed or its giver may promote no more.';
}
