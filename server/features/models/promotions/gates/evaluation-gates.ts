import type { Manifest } from '../../../../artifact/manifest.js';
import type { EvaluationMetrics } from '../../../../artifact/classification-metrics.js';
import type { Database } from '../../../../database/client.js';
import type { PromotionPolicy } from '../../../../promotion-policy.js';
import type { GateResult } from '../types.js';
import { wilsonInterval } from '../../../../artifact/wilson-interval.js';
import { championGates } from './champion-gates.js';
import type { PolicyCandidate } from './candidate.js';
import { type CountingEvaluation, countingEvaluations, nameOf } from './counting-evaluations.js';

/** The metrics that the gates check, and where they come from. */
interface Evidence {
  metrics: EvaluationMetrics;
  /** Where they were measured: 'on cells version 2 (40 images of 8 groups)'. */
  where: string;
}

/**
 * Checks a version's metrics against the policy: that it was evaluated, that it is not worse than the champion, its sensitivity,
 * specificity, coverage and calibration. The metrics are those of the newest evaluation that counts. If there is none and the policy does not require
 * one, the metrics in the manifest are used, provided that the version was trained on this server or is bundled with Cytograph:
 * anyone can write metrics into the manifest of a version trained elsewhere, and those in the manifest of a fit are of its base's rules.
 */
export async function evaluationGates(
  database: Database,
  policy: PromotionPolicy,
  version: PolicyCandidate & { manifest: Manifest },
  championId: string | null,
): Promise<GateResult[]> {
  const { counting, excluded } = await countingEvaluations(database, policy, version);
  const [newest] = counting;
  const evidence = newest
    ? { metrics: newest.metrics, where: `on ${nameOf(newest.snapshot)} (${countsOf(newest.metrics)})` }
    : policy.evaluation === 'required' || version.trainedElsewhere || version.manifest.fit
      ? null
      : reported(version.manifest);

  return [
    evidence
      ? evaluatedGate(evidence, newest ? remarkOn(newest, version) : FROM_MANIFEST)
      : missingEvaluation(policy, version, excluded),
    ...(await championGates(database, policy, version, { counting, championId })),
    ...boundGate('sensitivity', policy.minSensitivity, evidence, version.manifest),
    ...boundGate('specificity', policy.minSpecificity, evidence, version.manifest),
    ...coverageGate(policy, evidence),
    ...calibrationGate(policy, evidence),
  ];
}

const FROM_MANIFEST = 'There is no evaluation on this server, so this evaluation is from the manifest.';

function remarkOn({ overlap }: CountingEvaluation, { trainedElsewhere }: PolicyCandidate): string | null {
  if (!trainedElsewhere || overlap === null) return overlap;
  return `${overlap} The version was trained elsewhere, so the statement about its training data is unverified.`;
}

function reported({ metrics: { test, validation, outOfFold } }: Manifest): Evidence {
  const metrics = test ?? validation;
  const split = test ? 'on its own test split' : outOfFold ? 'out of fold' : 'on its own validation split';
  return { metrics, where: `${split} (${countsOf(metrics)})` };
}

function countsOf({ itemCount, groupCount }: EvaluationMetrics): string {
  return `${itemCount} images${groupCount === null ? '' : ` of ${groupCount} groups`}`;
}

function evaluatedGate({ metrics: { auc }, where }: Evidence, remark: string | null): GateResult {
  const gate = 'evaluated';
  if (!auc) {
    const message = `The evaluation ${where} has no AUC, because it needs images of both classes.`;
    return { gate, passed: false, message };
  }
  const figures = `AUC ${auc.estimate.toFixed(3)} (${auc.lower.toFixed(3)}–${auc.upper.toFixed(3)}) ${where}.`;
  return { gate, passed: true, message: remark ? `${figures} ${remark}` : figures, observed: auc.estimate };
}

function missingEvaluation(
  policy: PromotionPolicy,
  { version, trainedElsewhere, manifest }: PolicyCandidate & { manifest: Manifest },
  excluded: string | null,
): GateResult {
  const requirement =
    policy.evaluation === 'required'
      ? 'The policy requires'
      : manifest.fit && !trainedElsewhere
        ? 'The metrics in the manifest of a fitted version are those of its base, so they are not accepted. It needs'
        : 'The metrics that a version trained elsewhere reports are not accepted. It needs';
  const needed = `${requirement} an evaluation on a snapshot that shares no image and no patient with the training data`;
  const remedy =
    `Evaluate version ${version} on such a snapshot. If you have none, ingest labelled images of other patients, or of ` +
    `patients that you left out of the training.`;
  const message = excluded ? `${needed}. ${excluded} ${remedy}` : `${needed}, and there is none. ${remedy}`;
  return { gate: 'evaluated', passed: false, message };
}

/**
 * Checks the lower bound of the sensitivity or specificity. Uses the lower of two bounds: the evaluation's bootstrap takes into
 * account that images of one patient are similar, but gives no uncertainty for three correct of three; Wilson's interval does.
 */
function boundGate(
  gate: 'sensitivity' | 'specificity',
  required: number | null,
  evidence: Evidence | null,
  { positiveLabel }: Manifest,
): GateResult[] {
  if (required === null) return [];
  const interval = evidence?.metrics[gate];
  if (!evidence || !interval) {
    const message = `${missing(gate, evidence)} The policy requires a lower bound of at least ${required}.`;
    return [{ gate, passed: false, message, required }];
  }
  const isPositive = gate === 'sensitivity';
  const images = evidence.metrics.confusionMatrix
    .filter(({ actual }) => (actual === positiveLabel) === isPositive)
    .reduce((sum, { count }) => sum + count, 0);
  const observed = Math.min(interval.lower, wilsonInterval(interval.estimate * images, images).lower);
  const message =
    `The lower bound of the ${gate} is ${observed.toFixed(3)} ${evidence.where}, ${images} of them ` +
    `${isPositive ? '' : 'not '}labelled '${positiveLabel}'. The policy requires at least ${required}.`;
  return [{ gate, passed: observed >= required, message, observed, required }];
}

/** Checks the share of images that the version does not withhold: 1 − abstention rate. */
function coverageGate({ minCoverage: required }: PromotionPolicy, evidence: Evidence | null): GateResult[] {
  if (required === null) return [];
  const gate = 'coverage';
  const abstentionRate = evidence?.metrics.abstentionRate ?? null;
  if (!evidence || abstentionRate === null) {
    const message = `${missing('coverage', evidence)} The policy requires at least ${required}.`;
    return [{ gate, passed: false, message, required }];
  }
  const observed = 1 - abstentionRate;
  const message =
    `The version classifies ${(observed * 100).toFixed(1)} % of the images ${evidence.where} and withholds the others. ` +
    `The policy requires at least ${required * 100} %.`;
  return [{ gate, passed: observed >= required, message, observed, required }];
}

function calibrationGate(
  { maxExpectedCalibrationError: most }: PromotionPolicy,
  evidence: Evidence | null,
): GateResult[] {
  if (most === null) return [];
  const gate = 'calibration';
  const error = evidence?.metrics.expectedCalibrationError ?? null;
  if (!evidence || error === null) {
    const message = `${missing('expected calibration error', evidence)} The policy requires at most ${most}.`;
    return [{ gate, passed: false, message, required: most }];
  }
  const message = `The expected calibration error is ${error.toFixed(3)} ${evidence.where}. The policy requires at most ${most}.`;
  return [{ gate, passed: error <= most, message, observed: error, required: most }];
}

function missing(metric: string, evidence: Evidence | null): string {
  return evidence
    ? `The evaluation ${evidence.where} has no ${metric}.`
    : `There is no ${metric}, because no evaluation counts.`;
}
