import { ArtifactError } from '../../artifact/artifact.js';
import { readArtifact } from '../../artifact/artifact-store.js';
import type { Manifest } from '../../artifact/manifest.js';
import type { RequestContext } from '../../api/context.js';
import { UserErrorCode, userError } from '../../api/user-error.js';
import type { ModelAlias } from '../../database/generated/enums.js';
import { ModelLoadError } from '../../inference/errors.js';
import { artifactPrefix } from '../../storage/keys.js';
import { type AuditAction, recordAuditEvent } from '../audit/record-audit-event.js';
import type { GateResult } from './types.js';

/** The gates that no one may override: a version that fails them cannot answer at all. */
const ABSOLUTE_GATES: readonly string[] = ['artifact', 'loads'];

/** The version that is to be let into a part. */
export interface Candidate {
  id: string;
  modelName: string;
  version: number;
  digest: string;
}

/**
 * Checks whether a version may play a part. Ends the operation, which the audit trail keeps as `action` with the outcome
 * failure, at a failed gate that is not overridden; what it returns belongs into the history.
 */
export async function passGates(
  context: RequestContext,
  {
    candidate,
    alias,
    override,
    action,
    field,
  }: { candidate: Candidate; alias: ModelAlias; override: boolean; action: AuditAction; field: string[] },
): Promise<{ gateResults: GateResult[]; overridden: GateResult[] }> {
  const gateResults = await checkGates(context, candidate, alias);
  const failed = gateResults.filter(({ passed }) => !passed);
  const overridable = failed.every(({ gate }) => !ABSOLUTE_GATES.includes(gate));
  if (failed.length === 0 || (override && overridable)) return { gateResults, overridden: failed };

  const found = failed.map(({ gate, message }) => `Gate '${gate}': ${message}`).join('\n');
  await context.database.$transaction((tx) =>
    recordAuditEvent(tx, context, { action, entityId: candidate.id, outcome: 'failure', detail: found }),
  );
  const advice = overridable ? 'An ADMIN may override it.' : 'No one may override that.';
  throw userError(UserErrorCode.GATE_FAILED, `${found}\n${advice}`, field);
}

/**
 * The gates, in order, up to the first one that leaves nothing to check: the artifact is what was registered, it loads
 * on this server, and, for the champion, it was evaluated.
 */
async function checkGates(
  context: RequestContext,
  candidate: Candidate,
  alias: ModelAlias,
): Promise<GateResult[]> {
  const { result: artifact, manifest } = await artifactGate(context, candidate);
  if (!manifest) return [artifact];
  const loads = await loadsGate(context, candidate);
  if (!loads.passed || alias !== 'CHAMPION') return [artifact, loads];
  return [artifact, loads, evaluatedGate(manifest)];
}

async function artifactGate(
  { store }: RequestContext,
  { modelName, version, digest }: Candidate,
): Promise<{ result: GateResult; manifest?: Manifest }> {
  const gate = 'artifact';
  try {
    const { manifest } = await readArtifact(store, artifactPrefix(modelName, version), digest);
    const message = 'Every file of the artifact has the SHA-256 that was registered.';
    return { result: { gate, passed: true, message }, manifest };
  } catch (error) {
    if (!(error instanceof ArtifactError)) throw error;
    return { result: { gate, passed: false, message: error.message } };
  }
}

async function loadsGate({ served }: RequestContext, { id }: Candidate): Promise<GateResult> {
  const gate = 'loads';
  try {
    await served.use(id, async () => undefined);
    return { gate, passed: true, message: 'The version is loaded and has answered on this server.' };
  } catch (error) {
    if (!(error instanceof ModelLoadError) && !(error instanceof ArtifactError)) throw error;
    return { gate, passed: false, message: error.message };
  }
}

/** By the evaluation that the artifact carries: its digest covers it. */
export function evaluatedGate({ metrics }: Manifest): GateResult {
  const gate = 'evaluated';
  const part = metrics.test ? 'test' : 'validation';
  const { auc, itemCount, groupCount } = metrics.test ?? metrics.validation;
  if (!auc) {
    return {
      gate,
      passed: false,
      message: `The artifact's evaluation on ${itemCount} ${part} images gives no AUC: it needs images of both classes.`,
    };
  }
  const interval = `${auc.lower.toFixed(3)}–${auc.upper.toFixed(3)}`;
  const groups = groupCount === null ? '' : ` of ${groupCount} groups`;
  return {
    gate,
    passed: true,
    message: `AUC ${auc.estimate.toFixed(3)} (${interval}) on ${itemCount} ${part} images${groups}.`,
    observed: auc.estimate,
  };
}
