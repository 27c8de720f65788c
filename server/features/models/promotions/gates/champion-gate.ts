import type { Database } from '../../../../database/client.js';
import type { PromotionPolicy } from '../../../../promotion-policy.js';
import type { GateResult } from '../types.js';
import { askedForEvaluations, type CountingEvaluation, nameOf } from './counting-evaluations.js';

const GATE = 'auc';

/**
 * Whether AUC's lower bound reaches the champion's, less the policy's margin, on the newest snapshot that both were evaluated
 * on: figures of two snapshots say nothing of each other. Without such a snapshot it fails only where the policy requires
 * evaluations; either way it says what to run.
 */
export async function championGate(
  database: Database,
  policy: PromotionPolicy,
  candidate: { id: string; version: number },
  { counting, championId }: { counting: CountingEvaluation[]; championId: string | null },
): Promise<GateResult> {
  if (championId === null || championId === candidate.id) {
    return { gate: GATE, passed: true, message: 'There is no other champion to compare with.' };
  }
  const champion = await database.modelVersion.findUniqueOrThrow({
    where: { id: championId },
    select: { version: true },
  });
  const championEvaluations = await askedForEvaluations(database, championId);
  for (const { metrics, snapshot } of counting) {
    const other = championEvaluations.find((evaluation) => evaluation.snapshot.id === snapshot.id);
    if (!other) continue;
    const [observed, reference] = [metrics.auc.lower, other.metrics.auc.lower];
    const required = reference - policy.aucMargin;
    const message =
      `AUC's lower bound is ${observed.toFixed(3)} on ${nameOf(snapshot)}, that of the champion, version ` +
      `${champion.version}, ${reference.toFixed(3)} there; the policy allows it to be ${policy.aucMargin} lower.`;
    return { gate: GATE, passed: observed >= required, message, observed, required };
  }

  const passed = policy.evaluation !== 'required';
  const [own] = counting;
  const [others] = championEvaluations;
  const remedy = own
    ? `Evaluate version ${champion.version} on ${nameOf(own.snapshot)}, too.`
    : others
      ? `Evaluate version ${candidate.version} on ${nameOf(others.snapshot)}, too.`
      : `Evaluate both on one snapshot.`;
  const message = `Not compared with the champion, version ${champion.version}: no snapshot has an evaluation of both. ${remedy}`;
  return { gate: GATE, passed, message };
}
