import type { Database } from '../../../../database/client.js';
import { ModelAlias } from '../../../../database/generated/enums.js';
import type { PromotionPolicy } from '../../../../promotion-policy.js';
import type { GateResult } from '../types.js';
import { requestedEvaluations, type CountingEvaluation, nameOf } from './counting-evaluations.js';

const GATE = 'auc';

/**
 * Compares the lower bound of the AUC with that of the champion (the last one if there is none now), minus the policy's margin, on the newest snapshot that both were
 * evaluated on, because metrics from different snapshots are not comparable. Without such a snapshot, the gate fails only if
 * the policy requires evaluations, and the message says which evaluation to run.
 */
export async function championGate(
  database: Database,
  policy: PromotionPolicy,
  candidate: { id: string; version: number },
  { counting, championId }: { counting: CountingEvaluation[]; championId: string | null },
): Promise<GateResult> {
  if (championId === null) {
    return { gate: GATE, passed: true, message: 'The model has had no other champion to compare with.' };
  }
  const champion = await database.modelVersion.findUniqueOrThrow({
    where: { id: championId },
    select: { version: true, aliases: { select: { alias: true } } },
  });
  const isCurrent = champion.aliases.some(({ alias }) => alias === ModelAlias.CHAMPION);
  const championName = `the ${isCurrent ? '' : 'last '}champion, version ${champion.version}`;
  const championEvaluations = await requestedEvaluations(database, championId);
  for (const { metrics, snapshot } of counting) {
    const other = championEvaluations.find((evaluation) => evaluation.snapshot.id === snapshot.id);
    if (!other) continue;
    const [observed, reference] = [metrics.auc.lower, other.metrics.auc.lower];
    const required = reference - policy.aucMargin;
    const message =
      `The lower bound of the AUC on ${nameOf(snapshot)} is ${observed.toFixed(3)}, compared with ${reference.toFixed(3)} for ` +
      `${championName}. The policy allows it to be at most ${policy.aucMargin} lower.`;
    return { gate: GATE, passed: observed >= required, message, observed, required };
  }

  const passed = policy.evaluation !== 'required';
  const [own] = counting;
  const [others] = championEvaluations;
  const remedy = own
    ? `Evaluate version ${champion.version} on ${nameOf(own.snapshot)} as well.`
    : others
      ? `Evaluate version ${candidate.version} on ${nameOf(others.snapshot)} as well.`
      : `Evaluate both on the same snapshot.`;
  const message = `Not compared with ${championName}: no snapshot has evaluations of both versions. ${remedy}`;
  return { gate: GATE, passed, message };
}
