import { withheldBy } from '../pixels/picture-content.js';

import {
  type Calibration,
  calibratedCellTypes,
  type CellTypes,
  type Gaussian,
  type OutOfDistribution,
  type Rules,
} from './decision-rules.js';
import { cellTypeProbabilities, cellTypeScores, confidentCellType } from './cell-types.js';

/** The answer of a version for one image. */
export interface Interpretation {
  readonly outcome: 'CLASSIFIED' | 'INDETERMINATE' | 'OUT_OF_DISTRIBUTION';
  /** The most probable class, for every outcome. If the outcome is CLASSIFIED, it is also the decision by the threshold. */
  readonly label: string;
  /** The calibrated probability of `label`, 0.5–1. */
  readonly confidence: number;
  /** In the order of the manifest's classes. The sum is 1. */
  readonly probabilities: { readonly label: string; readonly probability: number }[];
  /** 0 is typical of the training images; above 1 is beyond the version's out-of-distribution threshold. */
  readonly outOfDistributionScore: number;
  /**
   * The probability of each cell type, in the order of the manifest's `cellTypes`. The sum is 1. Null if the version does not know
   * cell types, or their scores are not calibrated.
   */
  readonly cellTypes: { readonly label: string; readonly probability: number }[] | null;
  /** The most probable cell type. Null unless the outcome is CLASSIFIED and the type reaches its threshold. */
  readonly cellType: string | null;
  /** The warnings about the picture, and CELL_TYPE_CONTRADICTS if that withholds the answer. */
  readonly qualityWarnings: string[];
}

/** The answer is withheld because a named cell type contradicts it: the label is positive and the type is another one, or the reverse. */
export const CELL_TYPE_CONTRADICTS = 'CELL_TYPE_CONTRADICTS';

/** The network's raw outputs for an image. */
export interface RawAnswer {
  /** Uncalibrated score of the positive label. */
  readonly logit: number;
  /** `[D]`, the mean of the last features. */
  readonly embedding: ArrayLike<number>;
  /** Warnings about what the picture shows can withhold the answer: see `server/pixels/picture-content.ts`. */
  readonly qualityWarnings: readonly string[];
}

/** What determines the label by the threshold. The positive label is the second class. */
export interface ThresholdRules {
  readonly classes: readonly string[];
  readonly decisionThreshold: number;
}

/**
 * Turns the network's raw outputs into a calibrated answer, which is withheld where the version is not reliable, and where the
 * picture does not show one whole cell at a known scale. OUT_OF_DISTRIBUTION has precedence over INDETERMINATE, because the
 * probability has no meaning for an image unlike the training images.
 *
 * The abstention band contains both the decision threshold and 0.5. So the label of a CLASSIFIED answer is the most probable class
 * and also the decision by the threshold, and its probability never contradicts it.
 *
 * A cell type never changes the label. If both the label and a cell type are certain and contradict each other, one of them is wrong, so
 * the answer is withheld as INDETERMINATE with the warning CELL_TYPE_CONTRADICTS.
 */
export function interpret(manifest: Rules, { logit, embedding, qualityWarnings }: RawAnswer): Interpretation {
  const [negativeLabel, positiveLabel] = manifest.classes;
  const [low, high] = manifest.abstentionBand;
  const probability = calibratedProbability(manifest.calibration, logit);
  const score = outOfDistributionScore(manifest.outOfDistribution, embedding);
  const isPositive = probability >= 0.5;
  const limit = withheldBy(qualityWarnings);
  const isInBand = probability >= low && probability < high;
  const outcome =
    score > 1 || limit === 'OUT_OF_DISTRIBUTION'
      ? 'OUT_OF_DISTRIBUTION'
      : isInBand || limit === 'INDETERMINATE'
        ? 'INDETERMINATE'
        : 'CLASSIFIED';
  const { probabilities: ofTypes, confident } = typesOf(calibratedCellTypes(manifest), embedding);
  const named = outcome === 'CLASSIFIED' ? confident : null;
  const contradicts = named !== null && (named === positiveLabel) !== isPositive;

  return {
    outcome: contradicts ? 'INDETERMINATE' : outcome,
    label: isPositive ? positiveLabel : negativeLabel,
    confidence: isPositive ? probability : 1 - probability,
    probabilities: [
      { label: negativeLabel, probability: 1 - probability },
      { label: positiveLabel, probability },
    ],
    outOfDistributionScore: score,
    cellTypes: ofTypes,
    cellType: contradicts ? null : named,
    qualityWarnings: contradicts ? [...qualityWarnings, CELL_TYPE_CONTRADICTS] : [...qualityWarnings],
  };
}

/** The probabilities of the cell types, and the type that is probable enough to be named. */
function typesOf(
  cellTypes: CellTypes | null,
  embedding: ArrayLike<number>,
): { probabilities: Interpretation['cellTypes']; confident: string | null } {
  if (!cellTypes) return { probabilities: null, confident: null };
  const { labels, temperature } = cellTypes;
  const values = cellTypeProbabilities(cellTypeScores(cellTypes, embedding), temperature);
  return {
    probabilities: labels.map((label, index) => ({ label, probability: values[index] ?? NaN })),
    confident: confidentCellType(cellTypes, values),
  };
}

/**
 * The label by the decision threshold: the positive label at or above it, else the other. Sensitivity and specificity are measured
 * with it. It differs from the most probable class only between the threshold and 0.5, where the answer is withheld.
 *
 * @param probability the calibrated probability of the positive label, 0–1
 */
export function thresholdLabel(
  { classes: [negativeLabel = '', positiveLabel = ''], decisionThreshold }: ThresholdRules,
  probability: number,
): string {
  return probability >= decisionThreshold ? positiveLabel : negativeLabel;
}

/** Probability of the positive label: sigmoid(slope · logit + intercept) (Platt 1999). */
export function calibratedProbability({ slope, intercept }: Calibration, logit: number): number {
  return 1 / (1 + Math.exp(-(slope * logit + intercept)));
}

/**
 * How unlike the training images an image is: 0 is typical of them, 1 is the version's threshold, and the minimum is 0. For an
 * ensemble it is the mean of the members' scores, each over its own block of the embedding `[D]`.
 */
export function outOfDistributionScore(model: OutOfDistribution, embedding: ArrayLike<number>): number {
  return Math.max(0, signedScore(model, embedding));
}

function signedScore(model: OutOfDistribution, embedding: ArrayLike<number>): number {
  if (model.method === 'mahalanobis') return gaussianScore(model, embedding);
  const numbers = Array.from(embedding);
  let start = 0;
  const scores = model.members.map((member, index) => {
    const end = index === model.members.length - 1 ? numbers.length : start + member.mean.length;
    const block = numbers.slice(start, end);
    start = end;
    return gaussianScore(member, block);
  });
  return scores.reduce((sum, score) => sum + score, 0) / scores.length;
}

function gaussianScore(gaussian: Gaussian, embedding: ArrayLike<number>): number {
  const { typicalDistance, threshold } = gaussian;
  return (mahalanobisDistance(gaussian, embedding) - typicalDistance) / (threshold - typicalDistance);
}

/**
 * Mahalanobis distance of an embedding `[D]` from the training images under the low-rank Gaussian of the manifest:
 * with x = embedding − mean and z = components · x,
 * distance² = Σ zₖ² / variancesₖ + (‖x‖² − Σ zₖ²) / residualVariance.
 */
export function mahalanobisDistance(
  gaussian: Pick<Gaussian, 'mean' | 'components' | 'variances' | 'residualVariance'>,
  embedding: ArrayLike<number>,
): number {
  const { mean, components, variances, residualVariance } = gaussian;
  if (embedding.length !== mean.length) {
    throw new RangeError(
      `The embedding has ${embedding.length} numbers, but the mean in the manifest has ${mean.length}.`,
    );
  }
  const offset = mean.map((value, dimension) => (embedding[dimension] ?? NaN) - value);
  let explained = 0;
  let distance = 0;
  components.forEach((component, index) => {
    const along = dot(component, offset);
    explained += along * along;
    distance += (along * along) / (variances[index] ?? NaN);
  });
  const residual = Math.max(0, dot(offset, offset) - explained); // rounding can make it slightly negative
  return Math.sqrt(distance + residual / residualVariance);
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, index) => sum + value * (b[index] ?? NaN), 0);
}
