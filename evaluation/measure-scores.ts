import type { EvaluationMetrics, Interval } from '../server/artifact/classification-metrics.js';
import { bootstrapSamples, bootstrapUnits } from './bootstrap.js';
import { type RankedScores, rankScores, weightedAuc } from './ranked-scores.js';

/** A version's answer for one labelled image. */
export interface Scored {
  isPositive: boolean;
  /** Calibrated probability of the positive label. */
  probability: number;
  /** The label by the decision threshold, for every outcome. */
  calledPositive: boolean;
  /** Whether the answer is withheld, because the outcome is INDETERMINATE or OUT_OF_DISTRIBUTION. */
  abstained: boolean;
  /** Patient or slide; null where it is not known. */
  group: string | null;
}

export interface EvaluationOptions {
  /** [negative, positive]. */
  classes: readonly [string, string];
  /** Of the bootstrap. */
  seed: number;
  replicates?: number;
}

/**
 * Computes all metrics of an evaluation. Rates are at the version's own threshold, over all images including those with a
 * withheld answer. Intervals are 95 % percentile intervals of a bootstrap (Efron & Tibshirani 1993) that resamples whole
 * groups where they are known, and single images as well; the wider interval is reported (see `bootstrapUnits`). A metric is null if the present labels do not define it.
 */
export function evaluate(scored: readonly Scored[], options: EvaluationOptions): EvaluationMetrics {
  const steps = evaluateInSteps(scored, options);
  let step = steps.next();
  while (!step.done) step = steps.next();
  return step.value;
}

/**
 * As `evaluate`, and awaits `giveWay` between the bootstrap samples.
 * @param giveWay lets other work run, and throws if the evaluation is cancelled: see `givingWay`
 */
export async function evaluateInTurns(
  scored: readonly Scored[],
  options: EvaluationOptions,
  giveWay: () => Promise<void>,
): Promise<EvaluationMetrics> {
  const steps = evaluateInSteps(scored, options);
  let step = steps.next();
  while (!step.done) {
    await giveWay();
    step = steps.next();
  }
  return step.value;
}

/** One step for each bootstrap sample. */
function* evaluateInSteps(
  scored: readonly Scored[],
  { classes, seed, replicates = 1000 }: EvaluationOptions,
): Generator<undefined, EvaluationMetrics, undefined> {
  const groups = new Set(scored.flatMap((item) => item.group ?? []));
  const intervals = yield* bootstrap(scored, seed, replicates);
  const bins = reliability(scored);

  return {
    itemCount: scored.length,
    groupCount: groups.size > 0 ? groups.size : null,
    ...intervals,
    expectedCalibrationError: scored.length > 0 ? expectedCalibrationError(bins, scored.length) : null,
    brierScore: meanOf(scored, ({ isPositive, probability }) => (probability - Number(isPositive)) ** 2),
    abstentionRate: meanOf(scored, ({ abstained }) => Number(abstained)),
    confusionMatrix: classes.flatMap((actual) =>
      classes.map((predicted) => ({
        actual,
        predicted,
        count: scored.filter(
          ({ isPositive, calledPositive }) =>
            classes[Number(isPositive)] === actual && classes[Number(calledPositive)] === predicted,
        ).length,
      })),
    ),
    rocCurve: rocCurve(scored),
    reliabilityCurve: bins.map(({ meanProbability, positiveShare }) => ({
      x: meanProbability,
      y: positiveShare,
    })),
  };
}

/**
 * Area under the ROC curve: the chance that a positive scores above a negative, a tie counting half (Mann and Whitney
 * 1947). Null unless both are present.
 */
export function areaUnderCurve(scores: ArrayLike<number>, isPositive: readonly boolean[]): number | null {
  return weightedAuc(rankScores(scores, isPositive), new Float64Array(isPositive.length).fill(1));
}

const figureNames = ['auc', 'sensitivity', 'specificity', 'balancedAccuracy'] as const;
type Figures = Record<(typeof figureNames)[number], number | null>;

/** The scores in the form that the figures of many samples are computed from. */
interface Prepared {
  ranked: RankedScores;
  /** By item: 1 if it is positive, and 1 if its label by the threshold is right. */
  isPositive: Uint8Array;
  isRight: Uint8Array;
}

function prepare(scored: readonly Scored[]): Prepared {
  return {
    ranked: rankScores(
      scored.map(({ probability }) => probability),
      scored.map(({ isPositive }) => isPositive),
    ),
    isPositive: Uint8Array.from(scored, ({ isPositive }) => Number(isPositive)),
    isRight: Uint8Array.from(scored, ({ isPositive, calledPositive }) =>
      Number(isPositive === calledPositive),
    ),
  };
}

function figures({ ranked, isPositive, isRight }: Prepared, weights: Float64Array): Figures {
  let [positives, negatives, truePositives, trueNegatives] = [0, 0, 0, 0];
  for (let index = 0; index < weights.length; index++) {
    const weight = weights[index] ?? 0;
    const right = isRight[index] ? weight : 0;
    if (isPositive[index]) {
      positives += weight;
      truePositives += right;
    } else {
      negatives += weight;
      trueNegatives += right;
    }
  }
  const sensitivity = positives > 0 ? truePositives / positives : null;
  const specificity = negatives > 0 ? trueNegatives / negatives : null;
  return {
    auc: weightedAuc(ranked, weights),
    sensitivity,
    specificity,
    balancedAccuracy: sensitivity === null || specificity === null ? null : (sensitivity + specificity) / 2,
  };
}

function* bootstrap(
  scored: readonly Scored[],
  seed: number,
  replicates: number,
): Generator<undefined, Record<keyof Figures, Interval | null>, undefined> {
  const prepared = prepare(scored);
  const estimates = figures(prepared, new Float64Array(scored.length).fill(1));
  const drawings: Record<keyof Figures, number[]>[] = [];
  for (const units of bootstrapUnits(scored))
    drawings.push(yield* replicate(prepared, units, seed, replicates));

  const interval = (name: keyof Figures): Interval | null => {
    const estimate = estimates[name];
    if (estimate === null) return null;
    const bounds = (share: number) => drawings.map((samples) => quantile(samples[name], share) ?? estimate);
    return { estimate, lower: Math.min(...bounds(0.025)), upper: Math.max(...bounds(0.975)) };
  };
  return {
    auc: interval('auc'),
    sensitivity: interval('sensitivity'),
    specificity: interval('specificity'),
    balancedAccuracy: interval('balancedAccuracy'),
  };
}

/** Each metric of the bootstrap samples, in ascending order. */
function* replicate(
  prepared: Prepared,
  units: readonly number[],
  seed: number,
  replicates: number,
): Generator<undefined, Record<keyof Figures, number[]>, undefined> {
  const samples: Record<keyof Figures, number[]> = {
    auc: [],
    sensitivity: [],
    specificity: [],
    balancedAccuracy: [],
  };
  for (const weights of bootstrapSamples(units, seed, replicates)) {
    const replicated = figures(prepared, weights);
    for (const name of figureNames) {
      const value = replicated[name];
      if (value !== null) samples[name].push(value);
    }
    yield;
  }
  for (const name of figureNames) samples[name].sort((a, b) => a - b);
  return samples;
}

/** The quantile of a sorted list, interpolated linearly between neighbours; undefined for an empty list. */
export function quantile(sorted: ArrayLike<number>, share: number): number | undefined {
  const position = share * (sorted.length - 1);
  const below = sorted[Math.floor(position)];
  const above = sorted[Math.ceil(position)];
  if (below === undefined || above === undefined) return undefined;
  return below + (position - Math.floor(position)) * (above - below);
}

const BINS = 10;

interface Bin {
  count: number;
  meanProbability: number;
  positiveShare: number;
}

/** The bin, from 0, of a probability in the reliability curve and in the calibration error. */
export function reliabilityBin(probability: number): number {
  return Math.min(BINS - 1, Math.floor(probability * BINS));
}

/** Ten bins of equal width over the probability of the positive label; empty bins are omitted. */
function reliability(scored: readonly Scored[]): Bin[] {
  const bins = Array.from({ length: BINS }, (): Scored[] => []);
  for (const item of scored) bins[reliabilityBin(item.probability)]?.push(item);
  return bins.flatMap((members) => {
    const meanProbability = meanOf(members, ({ probability }) => probability);
    const positiveShare = meanOf(members, ({ isPositive }) => Number(isPositive));
    if (meanProbability === null || positiveShare === null) return [];
    return [{ count: members.length, meanProbability, positiveShare }];
  });
}

/** Guo et al. 2017 (arXiv 1706.04599), on the probability of the positive label. */
function expectedCalibrationError(bins: readonly Bin[], total: number): number {
  return bins.reduce(
    (sum, bin) => sum + (bin.count / total) * Math.abs(bin.meanProbability - bin.positiveShare),
    0,
  );
}

const CURVE_POINTS = 200;

/** ROC points from (0, 0) to (1, 1) by falling threshold, reduced to about 200. Empty unless both labels are present. */
function rocCurve(scored: readonly Scored[]): { x: number; y: number }[] {
  const falling = scored.toSorted((a, b) => b.probability - a.probability);
  const positives = scored.filter(({ isPositive }) => isPositive).length;
  const negatives = scored.length - positives;
  if (positives === 0 || negatives === 0) return [];
  const points = [{ x: 0, y: 0 }];
  let truePositives = 0;
  let falsePositives = 0;
  falling.forEach(({ isPositive, probability }, rank) => {
    if (isPositive) truePositives++;
    else falsePositives++;
    if (falling[rank + 1]?.probability === probability) return;
    points.push({ x: falsePositives / negatives, y: truePositives / positives });
  });
  const step = Math.ceil(points.length / CURVE_POINTS);
  return points.filter((_, index) => index % step === 0 || index === points.length - 1);
}

function meanOf<T>(values: readonly T[], valueOf: (value: T) => number): number | null {
  if (values.length === 0) return null;
  return values.reduce((sum, value) => sum + valueOf(value), 0) / values.length;
}
