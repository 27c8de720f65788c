import type { Manifest } from '../../../../artifact/manifest.js';
import type { EvaluationMetrics } from '../../../../artifact/classification-metrics.js';
import type { Database } from '../../../../database/client.js';
import type { PromotionPolicy } from '../../../../promotion-policy.js';
import type { GateResult } from '../types.js';
import { wilsonInterval } from '../../wilson-interval.js';
import { championGate } from './champion-gate.js';
import type { Contender } from './candidate.js';
import { type CountingEvaluation, countingEvaluations, nameOf } from './counting-evaluations.js';

/** The figures that a version is judged by, and where they are from. */
interface Evidence {
  metrics: EvaluationMetrics;
  /** 'on cells version 2 (40 images of 8 groups)'. */
  where: string;
}

/**
 * What a version showed, held against the policy: that it was evaluated, that it is not worse than the champion, its
 * sensitivity and its calibration. The figures are those of the newest evaluation that counts. Where there is none, and
 * the policy requires none, those that the manifest reports, if the training run of this server (or whoever bundled the
 * model) reported them: anybody can write figures into the manifest of a version trained elsewhere.
 */
export async function evaluationGates(
  database: Database,
  policy: PromotionPolicy,
  version: Contender & { manifest: Manifest },
  championId: string | null,
): Promise<GateResult[]> {
  const { counting, excluded } = await countingEvaluations(database, policy, version);
  const [newest] = counting;
  const evidence = newest
    ? { metrics: newest.metrics, where: `on ${nameOf(newest.snapshot)} (${countsOf(newest.metrics)})` }
    : policy.evaluation === 'required' || version.trainedElsewhere
      ? null
      : reported(version.manifest);

  return [
    evidence
      ? evaluatedGate(evidence, newest ? remarkOn(newest, version) : NOT_HERE)
      : missingEvaluation(policy, version, excluded),
    await championGate(database, policy, version, { counting, championId }),
    ...sensitivityGate(policy, evidence, version.manifest),
    ...calibrationGate(policy, evidence),
  ];
}

const NOT_HERE = 'There is no evaluation on this server; the manifest reports this one.';

function remarkOn({ overlap }: CountingEvaluation, { trainedElsewhere }: Contender): string | null {
  if (!trainedElsewhere || overlap === null) return overlap;
  return `${overlap} It was trained elsewhere: what it was trained on is the word of whoever registered it.`;
}

function reported({ metrics: { test, validation, outOfFold } }: Manifest): Evidence {
  const metrics = test ?? validation;
  const own = test ? 'on its own test split' : outOfFold ? 'out of fold' : 'on its own validation split';
  return { metrics, where: `${own} (${countsOf(metrics)})` };
}

function countsOf({ itemCount, groupCount }: EvaluationMetrics): string {
  return `${itemCount} images${groupCount === null ? '' : ` of ${groupCount} groups`}`;
}

function evaluatedGate({ metrics: { auc }, where }: Evidence, remark: string | null): GateResult {
  const gate = 'evaluated';
  if (!auc) {
    const message = `The evaluation ${where} gives no AUC: it needs images of both classes.`;
    return { gate, passed: false, message };
  }
  const figures = `AUC ${auc.estimate.toFixed(3)} (${auc.lower.toFixed(3)}–${auc.upper.toFixed(3)}) ${where}.`;
  return { gate, passed: true, message: remark ? `${figures} ${remark}` : figures, observed: auc.estimate };
}

function missingEvaluation(
  policy: PromotionPolicy,
  { version, trainedElsewhere }: Contender,
  excluded: string | null,
): GateResult {
  const who =
    trainedElsewhere && policy.evaluation !== 'required'
      ? 'What a version that was trained elsewhere reports of itself is no evidence: it takes'
      : 'The policy requires';
  const needed = `${who} an evaluation on a snapshot that shares no image and no patient with the training data`;
  const remedy = `Evaluate version ${version} on such a one.`;
  const message = excluded ? `${needed}. ${excluded} ${remedy}` : `${needed}: there is none. ${remedy}`;
  return { gate: 'evaluated', passed: false, message };
}

/**
 * The bound is the lower one of two: the evaluation's bootstrap minds that images of one patient are alike, but sees no
 * doubt in three of three; Wilson's interval does.
 */
function sensitivityGate(
  { minSensitivity }: PromotionPolicy,
  evidence: Evidence | null,
  { positiveLabel }: Manifest,
): GateResult[] {
  if (minSensitivity === null) return [];
  const gate = 'sensitivity';
  const sensitivity = evidence?.metrics.sensitivity;
  if (!evidence || !sensitivity) {
    const message = `There is no sensitivity ${whereOf(evidence)}; the policy asks for one of at least ${minSensitivity}.`;
    return [{ gate, passed: false, message, required: minSensitivity }];
  }
  const positives = evidence.metrics.confusionMatrix
    .filter(({ actual }) => actual === positiveLabel)
    .reduce((sum, { count }) => sum + count, 0);
  const observed = Math.min(
    sensitivity.lower,
    wilsonInterval(sensitivity.estimate * positives, positives).lower,
  );
  const message =
    `Sensitivity's lower bound is ${observed.toFixed(3)} ${evidence.where}, ${positives} of them '${positiveLabel}'; ` +
    `the policy asks for at least ${minSensitivity}.`;
  return [{ gate, passed: observed >= minSensitivity, message, observed, required: minSensitivity }];
}

function calibrationGate(
  { maxExpectedCalibrationError: most }: PromotionPolicy,
  evidence: Evidence | null,
): GateResult[] {
  if (most === null) return [];
  const gate = 'calibration';
  const error = evidence?.metrics.expectedCalibrationError ?? null;
  if (error === null) {
    const message = `There is no expected calibration error ${whereOf(evidence)}; the policy asks for one of at most ${most}.`;
    return [{ gate, passed: false, message, required: most }];
  }
  const message = `The expected calibration error is ${error.toFixed(3)} ${whereOf(evidence)}; the policy asks for at most ${most}.`;
  return [{ gate, passed: error <= most, message, observed: error, required: most }];
}

function whereOf(evidence: Evidence | null): string {
  return evidence?.where ?? 'that counts';
}
