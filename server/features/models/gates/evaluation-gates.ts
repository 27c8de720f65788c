import type { Manifest } from '../../../artifact/manifest.js';
import type { EvaluationMetrics } from '../../../artifact/metrics.js';
import type { Database } from '../../../database/client.js';
import type { PromotionPolicy } from '../../../promotion-policy.js';
import type { GateResult } from '../promotion-types.js';
import { championGate } from './champion-gate.js';
import { countingEvaluations, nameOf } from './counting-evaluations.js';

/** The figures that a version is judged by, and where they are from. */
interface Evidence {
  metrics: EvaluationMetrics;
  /** 'on cells version 2 (40 images of 8 groups)'. */
  where: string;
}

/**
 * What a version showed, held against the policy: that it was evaluated, that it is not worse than the champion, its
 * sensitivity and its calibration. The figures are those of the newest evaluation that counts; where there is none, those
 * that the manifest reports, which the digest covers.
 */
export async function evaluationGates(
  database: Database,
  policy: PromotionPolicy,
  version: { id: string; version: number; manifest: Manifest },
  championId: string | null,
): Promise<GateResult[]> {
  const { counting, excluded } = await countingEvaluations(database, policy, version);
  const [newest] = counting;
  const evidence = newest
    ? { metrics: newest.metrics, where: `on ${nameOf(newest.snapshot)} (${countsOf(newest.metrics)})` }
    : reported(version.manifest);

  const evaluated = newest
    ? evaluatedGate(evidence, newest.overlap)
    : policy.evaluation === 'required'
      ? missingEvaluation(version.version, excluded)
      : evaluatedGate(evidence, 'There is no evaluation on this server; the manifest reports this one.');
  return [
    evaluated,
    await championGate(database, policy, version, { counting, championId }),
    ...sensitivityGate(policy, evidence),
    ...calibrationGate(policy, evidence),
  ];
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

function missingEvaluation(version: number, excluded: string | null): GateResult {
  const needed =
    'The policy requires an evaluation on a snapshot that shares no image and no patient with the training data';
  const remedy = `Evaluate version ${version} on such a one.`;
  const message = excluded ? `${needed}. ${excluded} ${remedy}` : `${needed}: there is none. ${remedy}`;
  return { gate: 'evaluated', passed: false, message };
}

function sensitivityGate({ minSensitivity }: PromotionPolicy, { metrics, where }: Evidence): GateResult[] {
  if (minSensitivity === null) return [];
  const gate = 'sensitivity';
  const { sensitivity } = metrics;
  if (!sensitivity) {
    const message = `There is no sensitivity ${where}; the policy asks for one of at least ${minSensitivity}.`;
    return [{ gate, passed: false, message, required: minSensitivity }];
  }
  const passed = sensitivity.lower >= minSensitivity;
  const message =
    `Sensitivity's lower bound is ${sensitivity.lower.toFixed(3)} ${where}; ` +
    `the policy asks for at least ${minSensitivity}.`;
  return [{ gate, passed, message, observed: sensitivity.lower, required: minSensitivity }];
}

function calibrationGate(
  { maxExpectedCalibrationError: most }: PromotionPolicy,
  { metrics: { expectedCalibrationError: error }, where }: Evidence,
): GateResult[] {
  if (most === null) return [];
  const gate = 'calibration';
  if (error === null) {
    const message = `There is no expected calibration error ${where}; the policy asks for one of at most ${most}.`;
    return [{ gate, passed: false, message, required: most }];
  }
  const message = `The expected calibration error is ${error.toFixed(3)} ${where}; the policy asks for at most ${most}.`;
  return [{ gate, passed: error <= most, message, observed: error, required: most }];
}
