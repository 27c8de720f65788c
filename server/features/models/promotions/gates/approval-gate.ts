import type { Database } from '../../../../database/client.js';
import type { PromotionPolicy } from '../../../../promotion-policy.js';
import { type ApprovalView, loadApprovalsOfVersions, timeInWords } from '../approvals.js';
import type { GateResult } from '../types.js';

/**
 * If the policy requires a second person, checks that someone other than the promoter has approved the version. Regardless of
 * the policy, returns the approval that the promotion would use.
 */
export async function approvalGate(
  database: Database,
  { approval: required }: PromotionPolicy,
  { versionId, promoterId }: { versionId: string; promoterId: string },
): Promise<{ results: GateResult[]; approval: ApprovalView | null }> {
  const approvals = (await loadApprovalsOfVersions(database, [versionId])).get(versionId) ?? [];
  const valid = approvals.filter(({ isStanding }) => isStanding);
  const approval = valid.find(({ approvedById }) => approvedById !== promoterId) ?? null;
  if (required === 'none') return { results: [], approval };

  const message = approval
    ? `A second person approved it on ${timeInWords(approval.createdAt)}: ${approval.comment}`
    : `${reasonOf(approvals, valid)} Ask another person who may promote models to approve it.`;
  return { results: [{ gate: 'approval', passed: approval !== null, message }], approval };
}

function reasonOf(approvals: ApprovalView[], valid: ApprovalView[]): string {
  if (valid.length > 0) return 'The only approval is your own, which does not count.';
  if (approvals.length === 0) return 'No one has approved it.';
  return 'There is no valid approval: each was used, has expired, or is void because the champion has changed or its author may no longer promote models.';
}
