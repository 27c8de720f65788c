import { bootstrapSamples, bootstrapUnits } from './bootstrap.js';
import { givingWay } from './give-way.js';
import { quantile, reliabilityBin, type Scored } from './measure-scores.js';
import { type RankedScores, rankScores, weightedAuc } from './ranked-scores.js';

/**
 * The figures that versions are compared by. Coverage is the share of the images that are not withheld, selective error the share of
 * wrong answers among these.
 */
export const pairedFigures = [
  'auc',
  'sensitivity',
  'specificity',
  'balancedAccuracy',
  'expectedCalibrationError',
  'brierScore',
  'coverage',
  'selectiveError',
] as const;
export type PairedFigure = (typeof pairedFigures)[number];

/** A figure, from 0 to 1, or the difference of two, from −1 to 1, with its 95 % interval. */
export interface Estimate {
  estimate: number;
  lower: number;
  upper: number;
}

/** A figure is null if the labels that are present do not define it. */
export type PairedEstimates = Record<PairedFigure, Estimate | null>;

/** The figures of each version, and of each version after the first the differences from the first. */
export interface PairedFigures {
  figures: PairedEstimates[];
  differences: PairedEstimates[];
}

export interface PairedOptions {
  /** Of the bootstrap. Default: 1. */
  seed?: number;
  /** Bootstrap samples of each kind. Default: 1,000, and fewer for many images: see {@link replicatesFor}. 0: no intervals. */
  replicates?: number;
  /** Stops the work, which then throws its reason. */
  signal?: AbortSignal;
}

/** The most images times versions times samples, for each of the two bootstraps: together about a second of one core. */
const MOST_WORK = 20_000_000;

/** The bootstrap samples that are drawn for so many images and versions: 1,000, or down to 200 so that the work stays bounded. */
export function replicatesFor(images: number, versions: number): number {
  return Math.max(200, Math.min(1000, Math.floor(MOST_WORK / Math.max(1, images * versions))));
}

/**
 * Compares versions on the same images: their figures, and for each version after the first its figures minus those of the first. The
 * answers of all versions must be for the same images in the same order. In each bootstrap sample all versions are measured on the
 * same drawn patients, so that differences between patients do not widen the interval of a difference. The 95 % interval is the
 * wider of two bootstraps, by patient (if known) and by image, as in an evaluation. Gives other work its turn every few milliseconds.
 *
 * Throws RangeError if the versions' lists are of different images.
 */
export async function compareFigures(
  versions: readonly (readonly Scored[])[],
  options: PairedOptions = {},
): Promise<PairedFigures> {
  const [first, ...others] = versions;
  if (!first) return { figures: [], differences: [] };
  for (const other of others) checkSameImages(first, other);
  const { seed = 1, replicates = replicatesFor(first.length, versions.length), signal } = options;
  const giveWay = givingWay(signal);

  const prepared = versions.map(prepare);
  const measure = (weights: Float64Array): Figures[] => {
    const figures = prepared.map((version) => figuresOf(version, weights));
    return [...figures, ...differencesOf(figures)];
  };
  const estimates = measure(new Float64Array(first.length).fill(1));
  const drawings: Record<PairedFigure, number[]>[][] = [];
  for (const units of bootstrapUnits(first)) {
    const samples = estimates.map(() => noSamples());
    for (const weights of bootstrapSamples(units, seed, replicates)) {
      await giveWay();
      measure(weights).forEach((sample, index) => {
        for (const name of pairedFigures) {
          const value = sample[name];
          if (value !== null) samples[index]?.[name].push(value);
        }
      });
    }
    drawings.push(samples);
  }

  const results = estimates.map((figures, index) =>
    byFigure((name): Estimate | null => {
      const estimate = figures[name];
      if (estimate === null) return null;
      const sorted = drawings.map((samples) => (samples[index]?.[name] ?? []).sort((a, b) => a - b));
      const bounds = (share: number) => sorted.map((values) => quantile(values, share) ?? estimate);
      return { estimate, lower: Math.min(...bounds(0.025)), upper: Math.max(...bounds(0.975)) };
    }),
  );
  return { figures: results.slice(0, versions.length), differences: results.slice(versions.length) };
}

function byFigure<Value>(valueOf: (name: PairedFigure) => Value): Record<PairedFigure, Value> {
  return {
    auc: valueOf('auc'),
    sensitivity: valueOf('sensitivity'),
    specificity: valueOf('specificity'),
    balancedAccuracy: valueOf('balancedAccuracy'),
    expectedCalibrationError: valueOf('expectedCalibrationError'),
    brierScore: valueOf('brierScore'),
    coverage: valueOf('coverage'),
    selectiveError: valueOf('selectiveError'),
  };
}

const noSamples = () => byFigure((): number[] => []);

function checkSameImages(first: readonly Scored[], other: readonly Scored[]): void {
  const isSame =
    first.length === other.length &&
    first.every(
      ({ isPositive, group }, index) =>
        other[index]?.isPositive === isPositive && other[index].group === group,
    );
  if (!isSame) throw new RangeError('The versions were measured on different images.');
}

/** A version's answers in the form that the figures of many samples are computed from. All lists are by rank. */
interface Prepared {
  ranked: RankedScores;
  isRight: Uint8Array;
  isAnswered: Uint8Array;
  /** 1 if the next answer is in another bin of the reliability curve. */
  isLastOfBin: Uint8Array;
  /** Probability of the positive label, minus 1 if the image is positive. */
  error: Float64Array;
}

function prepare(scored: readonly Scored[]): Prepared {
  const ranked = rankScores(
    scored.map(({ probability }) => probability),
    scored.map(({ isPositive }) => isPositive),
  );
  const answers = Array.from(ranked.order).flatMap((index) => scored[index] ?? []);
  const bins = answers.map(({ probability }) => reliabilityBin(probability));
  return {
    ranked,
    isRight: Uint8Array.from(answers, ({ isPositive, calledPositive }) =>
      Number(isPositive === calledPositive),
    ),
    isAnswered: Uint8Array.from(answers, ({ abstained }) => Number(!abstained)),
    isLastOfBin: Uint8Array.from(bins, (bin, rank) => Number(bins[rank + 1] !== bin)),
    error: Float64Array.from(answers, ({ isPositive, probability }) => probability - Number(isPositive)),
  };
}

type Figures = Record<PairedFigure, number | null>;

function differencesOf([first, ...others]: readonly Figures[]): Figures[] {
  return others.map((other) =>
    byFigure((name) => {
      const [a, b] = [first?.[name] ?? null, other[name]];
      return a === null || b === null ? null : b - a;
    }),
  );
}

/** The figures of a version where each image counts as often as `weights` says. */
function figuresOf(
  { ranked, isRight, isAnswered, isLastOfBin, error }: Prepared,
  weights: Float64Array,
): Figures {
  const { order, isPositive } = ranked;
  let [positives, truePositives, total, right, squares] = [0, 0, 0, 0, 0];
  let [answered, rightAnswered] = [0, 0];
  // Of a bin, |mean probability − share of positives| · its share of all images is |sum of the errors| / all images.
  let [errorOfBin, calibrationError] = [0, 0];
  for (let rank = 0; rank < order.length; rank++) {
    const weight = weights[order[rank] ?? 0] ?? 0;
    const weightIfPositive = isPositive[rank] ? weight : 0;
    const weightIfRight = isRight[rank] ? weight : 0;
    total += weight;
    positives += weightIfPositive;
    right += weightIfRight;
    truePositives += isPositive[rank] ? weightIfRight : 0;
    answered += isAnswered[rank] ? weight : 0;
    rightAnswered += isAnswered[rank] ? weightIfRight : 0;
    const off = error[rank] ?? 0;
    squares += weight * off * off;
    errorOfBin += weight * off;
    if (!isLastOfBin[rank]) continue;
    calibrationError += Math.abs(errorOfBin);
    errorOfBin = 0;
  }
  const negatives = total - positives;
  const sensitivity = positives > 0 ? truePositives / positives : null;
  const specificity = negatives > 0 ? (right - truePositives) / negatives : null;
  return {
    auc: weightedAuc(ranked, weights),
    sensitivity,
    specificity,
    balancedAccuracy: sensitivity === null || specificity === null ? null : (sensitivity + specificity) / 2,
    expectedCalibrationError: total > 0 ? calibrationError / total : null,
    brierScore: total > 0 ? squares / total : null,
    coverage: total > 0 ? answered / total : null,
    selectiveError: answered > 0 ? (answered - rightAnswered) / answered : null,
  };
}
