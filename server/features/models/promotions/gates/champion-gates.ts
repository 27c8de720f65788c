import { Manifest } from '../../../../artifact/manifest.js';
import type { Database } from '../../../../database/client.js';
import { ModelAlias } from '../../../../database/generated/enums.js';
import type { PromotionPolicy } from '../../../../promotion-policy.js';
import { overlapWithTraining } from '../../evaluations/training-overlap.js';
import type { GateResult } from '../types.js';
import { requestedEvaluations, type CountingEvaluation, nameOf } from './counting-evaluations.js';
import { fitGates, isFitOfSameNetwork, mayBeUncompared } from './fit-gates.js';

const GATE = 'auc';

/**
 * Compares a candidate with the champion (the last one if there is none now) on the newest snapshot that both were evaluated on,
 * because metrics from different snapshots are not comparable. The lower bound of the AUC may be below that of the champion by at most
 * the policy's margin. If one is a fit with the same network, the AUC is the same, and the other figures are compared image by
 * image instead (`fitGates`). Without such a snapshot, the gate fails if the policy requires evaluations or the candidate is a fit, and
 * the message says which evaluation to run.
 */
export async function championGates(
  database: Database,
  policy: PromotionPolicy,
  candidate: { id: string; version: number; manifest: Manifest },
  { counting, championId }: { counting: CountingEvaluation[]; championId: string | null },
): Promise<GateResult[]> {
  if (championId === null) {
    return [{ gate: GATE, passed: true, message: 'The model has had no other champion to compare with.' }];
  }
  const champion = await database.modelVersion.findUniqueOrThrow({
    where: { id: championId },
    select: { version: true, manifest: true, aliases: { select: { alias: true } } },
  });
  const isCurrent = champion.aliases.some(({ alias }) => alias === ModelAlias.CHAMPION);
  const championName = `the ${isCurrent ? '' : 'last '}champion, version ${champion.version}`;
  const championManifest = Manifest.parse(champion.manifest);
  const isFit = isFitOfSameNetwork(candidate.manifest, championManifest);
  const championEvaluations = isFit
    ? await uncontaminated(database, championManifest, await requestedEvaluations(database, championId))
    : await requestedEvaluations(database, championId);
  for (const own of counting) {
    const { metrics, snapshot } = own;
    const other = championEvaluations.find((evaluation) => evaluation.snapshot.id === snapshot.id);
    if (!other) continue;
    if (isFit) {
      return fitGates(
        database,
        policy,
        { name: `version ${candidate.version}`, manifest: candidate.manifest, evaluation: own },
        { name: championName, manifest: championManifest, evaluation: other },
      );
    }
    const [observed, reference] = [metrics.auc.lower, other.metrics.auc.lower];
    const required = reference - policy.aucMargin;
    const message =
      `The lower bound of the AUC on ${nameOf(snapshot)} is ${observed.toFixed(3)}, compared with ${reference.toFixed(3)} for ` +
      `${championName}. The policy allows it to be at most ${policy.aucMargin} lower.`;
    return [{ gate: GATE, passed: observed >= required, message, observed, required }];
  }

  const passed = mayBeUncompared(policy, candidate.manifest);
  const [own] = counting;
  const [others] = championEvaluations;
  const remedy = own
    ? `Evaluate version ${champion.version} on ${nameOf(own.snapshot)} as well.`
    : others
      ? `Evaluate version ${candidate.version} on ${nameOf(others.snapshot)} as well.`
      : `Evaluate both on the same snapshot.`;
  const message = `Not compared with ${championName}: no snapshot has evaluations of both versions. ${remedy}`;
  return [{ gate: isFit ? 'champion' : GATE, passed, message }];
}

/** The evaluations on snapshots that the version was neither trained on nor fitted to. */
async function uncontaminated(
  database: Database,
  manifest: Manifest,
  evaluations: readonly CountingEvaluation[],
): Promise<CountingEvaluation[]> {
  const valid: CountingEvaluation[] = [];
  for (const evaluation of evaluations) {
    const { isContaminated } = await overlapWithTraining(database, manifest, evaluation.snapshot);
    if (!isContaminated) valid.push(evaluation);
  }
  return valid;
}
