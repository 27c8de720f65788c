import type { Database } from '../../../../database/client.js';
import type { PromotionPolicy } from '../../../../promotion-policy.js';
import { type ApprovalView, loadApprovalsOfVersions, timeInWords } from '../approvals.js';
import type { GateResult } from '../types.js';

/** The changes of the champion that need an approval where the policy requires a second person. */
export type ApprovedKind = 'PROMOTION' | 'RETIREMENT';

/**
 * If the policy requires a second person, checks that someone other than the promoter has approved the change, and for a promotion
 * that they neither trained, fitted nor registered the version. Regardless of the policy, returns the approval that the change would use.
 */
export async function approvalGate(
  database: Database,
  { approval: required }: PromotionPolicy,
  { kind, versionId, promoterId }: { kind: ApprovedKind; versionId: string; promoterId: string },
): Promise<{ results: GateResult[]; approval: ApprovalView | null }> {
  const all = (await loadApprovalsOfVersions(database, [versionId])).get(versionId) ?? [];
  const approvals = all.filter((approval) => approval.kind === kind);
  const valid = approvals.filter(({ isStanding }) => isStanding);
  const approval = valid.find(({ approvedById }) => approvedById !== promoterId) ?? null;
  if (required === 'none') return { results: [], approval };

  const message = approval
    ? `A second person approved it on ${timeInWords(approval.createdAt)}: ${approval.comment}`
    : `${reasonOf(approvals, valid)} ${remedyOf[kind]}`;
  return { results: [{ gate: 'approval', passed: approval !== null, message }], approval };
}

const remedyOf: Record<ApprovedKind, string> = {
  PROMOTION:
    'Ask another person who may promote models, and who neither trained, fitted nor registered the version, to approve it.',
  RETIREMENT: 'Ask another person who may promote models to approve the retirement.',
};

function reasonOf(approvals: ApprovalView[], valid: ApprovalView[]): string {
  if (valid.length > 0) return 'The only approval is your own, which does not count.';
  if (approvals.length === 0) return 'No one has approved it.';
  return 'There is no valid approval: each was used or withdrawn, has expired, or is void because the champion has changed or its author may no longer promote models.';
}
