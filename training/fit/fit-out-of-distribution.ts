import type { Gaussian, OutOfDistribution } from '../../server/decision/decision-rules.js';
import { mahalanobisDistance } from '../../server/decision/interpret.js';
import { quantile } from '../../evaluation/measure-scores.js';
import { eigen } from '../calibration/out-of-distribution.js';
import { cellWeights, sumOf } from './cell-weights.js';
import type { LocalCell } from './local-cell.js';

/** The number of cells that the statistics of the base version count as: local statistics from as many cells get half of the weight. */
const PRIOR_CELLS = 10;
/** The share of the local cells that the widened threshold includes, if the limit of widening permits it. */
const TYPICAL_SHARE = 0.95;
/** The largest factor by which the range from the typical distance to the threshold is widened. */
export const WIDEST = 1.5;

type Cells = readonly Pick<LocalCell, 'embedding' | 'isPositive' | 'group'>[];

/** Statistics that were shifted and widened for local cells. */
export interface FittedOutOfDistribution {
  outOfDistribution: OutOfDistribution;
  /** The share of the way, 0–1, that the mean was moved towards the mean of the local cells. */
  shift: number;
  /** For each Gaussian, the factor, 1 to `WIDEST`, of the range from the typical distance to the threshold. */
  widening: number[];
}

/**
 * Shifts and widens the out-of-distribution statistics of the base version for local cells, using only what the manifest contains.
 *
 * - *Shift.* Another scanner and stain move all embeddings by about the same vector δ. The mean moves by λ·δ, and the covariance becomes
 *   Σ + λ(1 − λ)·δδᵀ: these are the moments of a mixture of the base's Gaussian and of the same Gaussian moved by δ, with the weights 1 − λ and λ, so with few
 *   cells the direction between the two is forgiven and nothing else. λ = n / (n + 10) for n effective cells.
 *   δ is from the mean of each class, weighted by the prevalence of the base, so that the share of positives does not matter.
 * - *Widening.* If more than 5 % of the local cells are beyond the threshold after that, the threshold moves outwards, by at
 *   most half of its distance from the typical one, and with the same weight λ. It never moves inwards.
 *
 * @param prevalence the share of positives among the base version's held-out images
 * @param cells at least one of each class
 */
export function fitOutOfDistributionTo(
  base: OutOfDistribution,
  prevalence: number,
  cells: Cells,
): FittedOutOfDistribution {
  const ofCells = cellWeights(cells);
  const positives = sumOf(ofCells.filter((_, index) => cells[index]?.isPositive));
  const negatives = sumOf(ofCells) - positives;
  const effective = 1 / (prevalence ** 2 / positives + (1 - prevalence) ** 2 / negatives);
  const shift = effective / (effective + PRIOR_CELLS);
  const weights = ofCells.map(
    (weight, index) =>
      weight * (cells[index]?.isPositive ? prevalence / positives : (1 - prevalence) / negatives),
  );

  const gaussians = base.method === 'mahalanobis' ? [base] : base.members;
  let start = 0;
  const fitted = gaussians.map((gaussian) => {
    const end = start + gaussian.mean.length;
    const block = cells.map(({ embedding }) => Array.from(embedding).slice(start, end));
    start = end;
    return fitGaussian(gaussian, block, weights, shift);
  });
  const [only] = fitted;
  return {
    outOfDistribution:
      base.method === 'mahalanobis' && only
        ? { method: 'mahalanobis', ...only.gaussian }
        : { method: 'mahalanobis-ensemble', members: fitted.map(({ gaussian }) => gaussian) },
    shift,
    widening: fitted.map(({ widening }) => widening),
  };
}

function fitGaussian(
  gaussian: Gaussian,
  embeddings: readonly (readonly number[])[],
  weights: readonly number[],
  shift: number,
): { gaussian: Gaussian; widening: number } {
  const { typicalDistance, threshold } = gaussian;
  const delta = gaussian.mean.map((mean, d) =>
    embeddings.reduce(
      (sum, embedding, index) => sum + (weights[index] ?? NaN) * ((embedding[d] ?? NaN) - mean),
      0,
    ),
  );
  const moved = {
    ...gaussian,
    mean: gaussian.mean.map((mean, d) => rounded(mean + shift * (delta[d] ?? NaN))),
    ...widenedAlong(gaussian, delta, shift * (1 - shift)),
  };
  const distances = embeddings
    .map((embedding) => mahalanobisDistance(moved, embedding))
    .sort((a, b) => a - b);
  const outer = quantile(distances, TYPICAL_SHARE) ?? threshold;
  const needed = (outer - typicalDistance) / (threshold - typicalDistance);
  const widening = 1 + shift * (Math.min(WIDEST, Math.max(1, needed)) - 1);
  return {
    gaussian: {
      mean: moved.mean,
      components: moved.components,
      variances: moved.variances,
      residualVariance: gaussian.residualVariance,
      typicalDistance,
      threshold: typicalDistance + widening * (threshold - typicalDistance),
    },
    widening,
  };
}

/** The axes and variances of the covariance plus `factor` · δδᵀ. The variance of all other directions remains. */
function widenedAlong(
  { components, variances, residualVariance }: Gaussian,
  delta: readonly number[],
  factor: number,
): Pick<Gaussian, 'components' | 'variances'> {
  const along = components.map((component) => dot(component, delta));
  const rest = delta.map(
    (value, d) =>
      value - components.reduce((sum, component, k) => sum + (component[d] ?? NaN) * (along[k] ?? NaN), 0),
  );
  const restLength = Math.hypot(...rest);
  const hasRest = restLength > 1e-9 && components.length < delta.length;
  const axes = hasRest ? [...components, rest.map((value) => value / restLength)] : components;
  const parts = hasRest ? [...along, restLength] : along;
  const spread = hasRest ? [...variances, residualVariance] : variances;
  const { values, vectors } = eigen(
    parts.map((a, i) => parts.map((b, j) => factor * a * b + (i === j ? (spread[i] ?? NaN) : 0))),
  );
  return {
    variances: values.map(rounded),
    components: vectors.map((vector) =>
      delta.map((_, d) =>
        rounded(axes.reduce((sum, axis, k) => sum + (axis[d] ?? NaN) * (vector[k] ?? NaN), 0)),
      ),
    ),
  };
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, index) => sum + value * (b[index] ?? NaN), 0);
}

/** To six digits, like the statistics of the base version. */
function rounded(value: number): number {
  return Number(value.toPrecision(6));
}
