import type { RequestContext, Services } from '../../../../api/context.js';
import { UserErrorCode, userError } from '../../../../api/user-error.js';
import type { Manifest } from '../../../../artifact/manifest.js';
import { ModelAlias } from '../../../../database/generated/enums.js';
import { type AuditAction, recordAuditEvent } from '../../../audit/record-audit-event.js';
import type { ApprovalView } from '../approvals.js';
import type { GateResult } from '../types.js';
import { approvalGate } from './approval-gate.js';
import { artifactGates } from './artifact-gates.js';
import type { Contender } from './candidate.js';
import { evaluationGates } from './evaluation-gates.js';

/** The gates that no one may override: a version that fails them cannot answer, or not with the network that was measured. */
const ABSOLUTE_GATES: readonly string[] = ['artifact', 'parity', 'loads'];

/** Who is to be let into what, instead of whom, by whom. */
export interface Admission {
  candidate: Contender;
  alias: ModelAlias;
  /** Whom the policy compares a champion with. */
  championId: string | null;
  promoterId: string;
}

export interface GateCheck {
  results: GateResult[];
  /** The approval that a promotion would be made on. */
  approval: ApprovalView | null;
}

/** All gates: for a challenger, which answers nobody, those of its artifact alone; for a champion the policy's as well. */
export async function checkGates(context: RequestContext, admission: Admission): Promise<GateCheck> {
  const { results, manifest } = await artifactGates(context, admission.candidate);
  if (!manifest || admission.alias !== ModelAlias.CHAMPION) return { results, approval: null };
  const policy = await policyGates(context, { ...admission, manifest });
  return { results: [...results, ...policy.results], approval: policy.approval };
}

/** What the policy asks of a champion, whose artifact is in order. */
export async function policyGates(
  { database, config: { promotionPolicy } }: Pick<Services, 'database' | 'config'>,
  { candidate, manifest, championId, promoterId }: Omit<Admission, 'alias'> & { manifest: Manifest },
): Promise<GateCheck> {
  const evaluation = await evaluationGates(database, promotionPolicy, { ...candidate, manifest }, championId);
  const { results, approval } = await approvalGate(database, promotionPolicy, {
    versionId: candidate.id,
    promoterId,
  });
  return { results: [...evaluation, ...results], approval };
}

/**
 * Ends the operation, which the audit trail keeps as `action` with the outcome failure, at a failed gate that is not
 * overridden.
 */
export async function refuseFailedGates(
  context: RequestContext,
  results: readonly GateResult[],
  {
    versionId,
    override,
    action,
    field,
  }: { versionId: string; override: boolean; action: AuditAction; field: string[] },
): Promise<void> {
  const failed = failedGates(results);
  const overridable = failed.every(({ gate }) => !ABSOLUTE_GATES.includes(gate));
  if (failed.length === 0 || (override && overridable)) return;

  const found = failed.map(({ gate, message }) => `Gate '${gate}': ${message}`).join('\n');
  await context.database.$transaction((tx) =>
    recordAuditEvent(tx, context, { action, entityId: versionId, outcome: 'failure', detail: found }),
  );
  const advice = overridable ? 'An ADMIN may override it.' : 'No one may override that.';
  throw userError(UserErrorCode.GATE_FAILED, `${found}\n${advice}`, field);
}

/** Of what was let in: the gates that were overridden. */
export function failedGates(results: readonly GateResult[]): GateResult[] {
  return results.filter(({ passed }) => !passed);
}
