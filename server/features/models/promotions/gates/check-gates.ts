import type { RequestContext, Services } from '../../../../api/context.js';
import { UserErrorCode, userError } from '../../../../api/user-error.js';
import type { Manifest } from '../../../../artifact/manifest.js';
import { ModelAlias } from '../../../../database/generated/enums.js';
import { type AuditAction, recordAuditEvent } from '../../../audit/record-audit-event.js';
import type { ApprovalView } from '../approvals.js';
import type { GateResult } from '../types.js';
import { comparedChampion } from '../compared-champion.js';
import { approvalGate } from './approval-gate.js';
import { artifactGates } from './artifact-gates.js';
import type { PolicyCandidate } from './candidate.js';
import { evaluationGates } from './evaluation-gates.js';

/** The gates that no one may override: a version that fails them cannot answer, or would answer with a network other than the evaluated one. */
const ABSOLUTE_GATES: readonly string[] = ['artifact', 'parity', 'loads'];

/** A requested promotion: candidate, alias, requester. */
export interface RequestedPromotion {
  candidate: PolicyCandidate;
  alias: ModelAlias;
  promoterId: string;
}

export interface GateCheck {
  results: GateResult[];
  /** The approval that the promotion would use; null if there is none. */
  approval: ApprovalView | null;
}

/** Checks all gates. For a challenger, whose answers are not shown, only the artifact gates; for a champion the policy gates as well. */
export async function checkGates(context: RequestContext, requested: RequestedPromotion): Promise<GateCheck> {
  const { results, manifest } = await artifactGates(context, requested.candidate);
  if (!manifest || requested.alias !== ModelAlias.CHAMPION) return { results, approval: null };
  const policy = await policyGates(context, { ...requested, manifest });
  return { results: [...results, ...policy.results], approval: policy.approval };
}

/** Checks the gates of the promotion policy for a champion whose artifact gates have passed. */
export async function policyGates(
  { database, config: { promotionPolicy } }: Pick<Services, 'database' | 'config'>,
  { candidate, manifest, promoterId }: Omit<RequestedPromotion, 'alias'> & { manifest: Manifest },
): Promise<GateCheck> {
  const championId = await comparedChampion(database, {
    modelId: candidate.model.id,
    candidateId: candidate.id,
  });
  const evaluation = await evaluationGates(database, promotionPolicy, { ...candidate, manifest }, championId);
  const { results, approval } = await approvalGate(database, promotionPolicy, {
    kind: 'PROMOTION',
    versionId: candidate.id,
    promoterId,
  });
  return { results: [...evaluation, ...results], approval };
}

/**
 * Throws a user error GATE_FAILED if a gate has failed and is not overridden, and records the refusal in the audit trail as
 * `action` with the outcome failure.
 */
export async function refuseFailedGates(
  context: RequestContext,
  results: readonly GateResult[],
  {
    versionId,
    override,
    action,
    field,
  }: {
    versionId: string;
    /** Whether the viewer overrides the gates; null for a change whose gates no one may override. */
    override: boolean | null;
    action: AuditAction;
    field: string[];
  },
): Promise<void> {
  const failed = failedGates(results);
  const overridable = override !== null && failed.every(({ gate }) => !ABSOLUTE_GATES.includes(gate));
  if (failed.length === 0 || (override && overridable)) return;

  const found = failed.map(({ gate, message }) => `Gate '${gate}': ${message}`).join('\n');
  await context.database.$transaction((tx) =>
    recordAuditEvent(tx, context, { action, entityId: versionId, outcome: 'failure', detail: found }),
  );
  const advice = overridable ? 'An administrator may override this.' : 'No one may override this.';
  throw userError(UserErrorCode.GATE_FAILED, `${found}\n${advice}`, field);
}

/** The failed gates. Of a promotion that was made, these are the gates that were overridden. */
export function failedGates(results: readonly GateResult[]): GateResult[] {
  return results.filter(({ passed }) => !passed);
}
