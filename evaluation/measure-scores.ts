import type { EvaluationMetrics, Interval } from '../server/artifact/classification-metrics.js';
import { randomFrom } from '../server/imaging/seeded-random.js';

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
 * groups where they are known. With few groups, or few groups of one class, that interval is too narrow; therefore single
 * images are resampled as well, and the wider interval is reported. A metric is null if the present labels do not define it.
 */
export function evaluate(scored: readonly Scored[], options: EvaluationOptions): EvaluationMetrics {
  const { classes, seed, replicates = 1000 } = options;
  const groups = new Set(scored.flatMap((item) => item.group ?? []));
  const ones = new Float64Array(scored.length).fill(1);
  const order = orderByProbability(scored);
  const estimates = figures(scored, order, ones);
  const intervals = bootstrap(scored, order, estimates, seed, replicates);
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
    rocCurve: rocCurve(scored, order),
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
  const scored = isPositive.map((positive, index) => ({
    isPositive: positive,
    probability: scores[index] ?? NaN,
  }));
  return weightedAuc(scored, orderByProbability(scored), new Float64Array(scored.length).fill(1));
}

type Ranked = Pick<Scored, 'isPositive' | 'probability'>;

function orderByProbability(scored: readonly Ranked[]): number[] {
  const probability = (index: number) => scored[index]?.probability ?? NaN;
  return scored.map((_, index) => index).sort((a, b) => probability(a) - probability(b));
}

function weightedAuc(
  scored: readonly Ranked[],
  order: readonly number[],
  weights: Float64Array,
): number | null {
  let negatives = 0;
  let positives = 0;
  let wins = 0;
  for (let start = 0; start < order.length;) {
    const tied = scored[order[start] ?? 0]?.probability;
    let tiedPositives = 0;
    let tiedNegatives = 0;
    for (; start < order.length && scored[order[start] ?? 0]?.probability === tied; start++) {
      const index = order[start] ?? 0;
      if (scored[index]?.isPositive) tiedPositives += weights[index] ?? 0;
      else tiedNegatives += weights[index] ?? 0;
    }
    wins += tiedPositives * (negatives + tiedNegatives / 2);
    positives += tiedPositives;
    negatives += tiedNegatives;
  }
  return positives > 0 && negatives > 0 ? wins / (positives * negatives) : null;
}

const figureNames = ['auc', 'sensitivity', 'specificity', 'balancedAccuracy'] as const;
type Figures = Record<(typeof figureNames)[number], number | null>;

function figures(scored: readonly Scored[], order: readonly number[], weights: Float64Array): Figures {
  const total = { positive: 0, negative: 0 };
  const right = { positive: 0, negative: 0 };
  scored.forEach(({ isPositive, calledPositive }, index) => {
    const kind = isPositive ? 'positive' : 'negative';
    const weight = weights[index] ?? 0;
    total[kind] += weight;
    if (isPositive === calledPositive) right[kind] += weight;
  });
  const sensitivity = total.positive > 0 ? right.positive / total.positive : null;
  const specificity = total.negative > 0 ? right.negative / total.negative : null;
  return {
    auc: weightedAuc(scored, order, weights),
    sensitivity,
    specificity,
    balancedAccuracy: sensitivity === null || specificity === null ? null : (sensitivity + specificity) / 2,
  };
}

function bootstrap(
  scored: readonly Scored[],
  order: readonly number[],
  estimates: Figures,
  seed: number,
  replicates: number,
): Record<keyof Figures, Interval | null> {
  const images = scored.map((_, index) => index);
  const isGrouped = scored.some(({ group }) => group !== null);
  const drawings = (isGrouped ? [unitsOf(scored), images] : [images]).map((units) =>
    replicate(scored, order, units, seed, replicates),
  );

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

/** Each metric of the bootstrap samples, which are drawn by unit with replacement, in ascending order. */
function replicate(
  scored: readonly Scored[],
  order: readonly number[],
  units: readonly number[],
  seed: number,
  replicates: number,
): Record<keyof Figures, number[]> {
  const unitCount = countOf(units);
  const random = randomFrom(seed, 'bootstrap');
  const drawn = new Uint32Array(unitCount);
  const weights = new Float64Array(scored.length);
  const samples: Record<keyof Figures, number[]> = {
    auc: [],
    sensitivity: [],
    specificity: [],
    balancedAccuracy: [],
  };
  for (let done = 0; done < replicates; done++) {
    drawn.fill(0);
    for (let draw = 0; draw < unitCount; draw++) {
      const unit = random.below(unitCount);
      drawn[unit] = (drawn[unit] ?? 0) + 1;
    }
    units.forEach((unit, index) => (weights[index] = drawn[unit] ?? 0));
    const replicated = figures(scored, order, weights);
    for (const name of figureNames) {
      const value = replicated[name];
      if (value !== null) samples[name].push(value);
    }
  }
  for (const name of figureNames) samples[name].sort((a, b) => a - b);
  return samples;
}

/** Units are numbered from 0. */
function countOf(units: readonly number[]): number {
  return units.reduce((most, unit) => Math.max(most, unit + 1), 0);
}

/** For every item the number, from 0, of its group; an item without a group is a separate group. */
function unitsOf(scored: readonly Scored[]): number[] {
  const known = new Map<string, number>();
  let count = 0;
  return scored.map(({ group }) => {
    const unit = group === null ? undefined : known.get(group);
    if (unit !== undefined) return unit;
    if (group !== null) known.set(group, count);
    return count++;
  });
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

/** Ten bins of equal width over the probability of the positive label; empty bins are omitted. */
function reliability(scored: readonly Scored[]): Bin[] {
  const bins = Array.from({ length: BINS }, (): Scored[] => []);
  for (const item of scored) bins[Math.min(BINS - 1, Math.floor(item.probability * BINS))]?.push(item);
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
function rocCurve(scored: readonly Ranked[], order: readonly number[]): { x: number; y: number }[] {
  const positives = scored.filter(({ isPositive }) => isPositive).length;
  const negatives = scored.length - positives;
  if (positives === 0 || negatives === 0) return [];
  const points = [{ x: 0, y: 0 }];
  let truePositives = 0;
  let falsePositives = 0;
  for (let rank = order.length - 1; rank >= 0; rank--) {
    const item = scored[order[rank] ?? 0];
    if (item?.isPositive) truePositives++;
    else falsePositives++;
    const next = rank > 0 ? scored[order[rank - 1] ?? 0] : undefined;
    if (next?.probability === item?.probability) continue;
    points.push({ x: falsePositives / negatives, y: truePositives / positives });
  }
  const step = Math.ceil(points.length / CURVE_POINTS);
  return points.filter((_, index) => index % step === 0 || index === points.length - 1);
}

function meanOf<T>(values: readonly T[], valueOf: (value: T) => number): number | null {
  if (values.length === 0) return null;
  return values.reduce((sum, value) => sum + valueOf(value), 0) / values.length;
}
