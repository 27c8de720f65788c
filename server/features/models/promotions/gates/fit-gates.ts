import type { Manifest } from '../../../../artifact/manifest.js';
import type { Database } from '../../../../database/client.js';
import type { PromotionPolicy } from '../../../../promotion-policy.js';
import type { Scored } from '../../../../../evaluation/measure-scores.js';
import {
  compareFigures,
  type PairedEstimates,
  type PairedFigure,
} from '../../../../../evaluation/compare-figures.js';
import { type SnapshotItem, snapshotItems } from '../../../datasets/snapshot-items.js';
import {
  ERASED_SINCE,
  type EvaluationAnswer,
  loadEvaluationAnswers,
} from '../../evaluations/evaluation-answers.js';
import { fewestComparedImages } from '../fewest-images.js';
import { thresholdLabel } from '../../../../decision/interpret.js';
import type { GateResult } from '../types.js';
import { type CountingEvaluation, nameOf } from './counting-evaluations.js';

/** A version that is compared, and its rules. */
export interface ComparedVersion {
  /** 'version 3', 'the champion, version 2' */
  name: string;
  manifest: Pick<Manifest, 'classes' | 'positiveLabel' | 'decisionThreshold' | 'fit'>;
  evaluation: CountingEvaluation;
}

/** The figures that are compared, and whether a higher value is better. The AUC of two versions with the same network is the same. */
const FIGURES: { figure: PairedFigure; name: string; isHigherBetter: boolean }[] = [
  { figure: 'sensitivity', name: 'sensitivity', isHigherBetter: true },
  { figure: 'specificity', name: 'specificity', isHigherBetter: true },
  { figure: 'expectedCalibrationError', name: 'expected calibration error', isHigherBetter: false },
  { figure: 'coverage', name: 'coverage', isHigherBetter: true },
];

/** Whether one of two versions is a fit and both have the same network, so that they differ only in their decision rules. */
export function isFitOfSameNetwork(
  one: Pick<Manifest, 'files' | 'fit'>,
  other: Pick<Manifest, 'files' | 'fit'>,
): boolean {
  if (!one.fit && !other.fit) return false;
  return one.files['model.onnx'].sha256 === other.files['model.onnx'].sha256;
}

/**
 * Whether the gate passes where a candidate cannot be compared with the champion. A fit always needs the comparison: it has no figures
 * from training that could be evidence instead.
 */
export function mayBeUncompared(policy: PromotionPolicy, candidate: Pick<Manifest, 'fit'>): boolean {
  return !candidate.fit && policy.evaluation !== 'required';
}

/**
 * Compares two versions with the same network, image by image, on a snapshot that neither was trained on or fitted to: a gate for
 * each of sensitivity, specificity, expected calibration error and coverage. A gate passes if the 95 % interval of the paired difference
 * shows that the candidate is not worse by more than the policy's margin. One more gate requires as many images of each class as the
 * policy's sensitivity and specificity need, because equal answers for few images have an interval of no width.
 * Without answers for single images, which evaluations by older releases lack, or after an erasure of images, the gate
 * fails if the policy requires evaluations or the candidate is a fit.
 */
export async function fitGates(
  database: Database,
  policy: PromotionPolicy,
  candidate: ComparedVersion,
  champion: ComparedVersion,
): Promise<GateResult[]> {
  const { snapshot } = candidate.evaluation;
  const items: SnapshotItem[] = [];
  for await (const item of snapshotItems(database, snapshot.id)) items.push(item);
  const ids = [candidate.evaluation.id, champion.evaluation.id];
  const answers = await loadEvaluationAnswers(database, ids, items.length);
  const ofCandidate = answers.get(candidate.evaluation.id);
  const ofChampion = answers.get(champion.evaluation.id);
  if (ofCandidate === null || ofChampion === null) {
    const name = ofCandidate === null ? candidate.name : champion.name;
    const message = `The evaluation of ${name} on ${nameOf(snapshot)} cannot be used. ${ERASED_SINCE}`;
    return [{ gate: 'champion', passed: mayBeUncompared(policy, candidate.manifest), message }];
  }
  if (!ofCandidate || !ofChampion) {
    const missing = [...(ofCandidate ? [] : [candidate.name]), ...(ofChampion ? [] : [champion.name])];
    const message = `The evaluation of ${missing.join(' and of ')} on ${nameOf(snapshot)} has no answers for single images, because an older release made it. Evaluate again.`;
    return [{ gate: 'champion', passed: mayBeUncompared(policy, candidate.manifest), message }];
  }

  const scored: { champion: Scored[]; candidate: Scored[] } = { champion: [], candidate: [] };
  for (const [index, item] of items.entries()) {
    scored.champion.push(scoredOf(champion.manifest, item, ofChampion[index]));
    scored.candidate.push(scoredOf(candidate.manifest, item, ofCandidate[index]));
  }
  const [differences] = (await compareFigures([scored.champion, scored.candidate])).differences;
  if (!differences) throw new Error('Two versions have one difference.');
  return [
    imagesGate(policy, scored.candidate, candidate.manifest, nameOf(snapshot)),
    ...FIGURES.flatMap((compared) =>
      gateOf(compared, differences, policy.aucMargin, `${nameOf(snapshot)}, compared with ${champion.name}`),
    ),
  ];
}

function imagesGate(
  policy: PromotionPolicy,
  scored: readonly Scored[],
  { positiveLabel }: ComparedVersion['manifest'],
  where: string,
): GateResult {
  const gate = 'champion images';
  const { positive, negative } = fewestComparedImages(policy);
  if (positive === null || negative === null) {
    const message = 'No number of images can show the sensitivity or specificity that the policy requires.';
    return { gate, passed: false, message };
  }
  const positives = scored.filter(({ isPositive }) => isPositive).length;
  const others = scored.length - positives;
  const message =
    `${where} has ${positives} images labelled '${positiveLabel}' and ${others} others. ` +
    `A comparison needs at least ${positive} and ${negative}.`;
  return { gate, passed: positives >= positive && others >= negative, message };
}

function scoredOf(
  manifest: ComparedVersion['manifest'],
  { label, group }: { label: string; group: string | null },
  answer: EvaluationAnswer | undefined,
): Scored {
  if (!answer) throw new Error('An evaluation has fewer answers than the snapshot has items.');
  return {
    isPositive: label === manifest.positiveLabel,
    probability: answer.probability,
    calledPositive: thresholdLabel(manifest, answer.probability) === manifest.positiveLabel,
    abstained: answer.outcome !== 'CLASSIFIED',
    group,
  };
}

function gateOf(
  { figure, name, isHigherBetter }: (typeof FIGURES)[number],
  differences: PairedEstimates,
  margin: number,
  where: string,
): GateResult[] {
  const difference = differences[figure];
  if (!difference) return [];
  const { estimate, lower, upper } = difference;
  // The end of the interval that is least favourable to the candidate.
  const worst = isHigherBetter ? lower : -upper;
  const message =
    `The difference in ${name} on ${where}, image by image, is ${signed(estimate)} (95 % interval ${signed(lower)} to ` +
    `${signed(upper)}). The gate passes if no part of the interval is more than ${margin} ${isHigherBetter ? 'below' : 'above'} 0.`;
  return [
    {
      ...{ gate: `champion ${name}`, passed: worst >= -margin, message },
      ...{ observed: isHigherBetter ? lower : upper, required: isHigherBetter ? -margin : margin },
    },
  ];
}

function signed(value: number): string {
  return `${value > 0 ? '+' : ''}${value.toFixed(3)}`;
}
