import type { Gaussian } from '../../server/decision/decision-rules.js';
import { mahalanobisDistance } from '../../server/decision/interpret.js';
import { quantile } from '../../evaluation/measure-scores.js';

/** The share of the variance that the principal axes must explain, and the largest number of axes in a manifest. */
const EXPLAINED = 0.99;
const MOST_AXES = 32;
/** The smallest variance of an axis, as a part of the mean variance, so that tiny changes along an inactive axis do not count as far. */
const SHRINKAGE = 1e-3;
/** Share of the held-out images that are within the threshold. */
const TYPICAL_SHARE = 0.995;

/**
 * The Gaussian over the embeddings `[N][D]` of the training images, by probabilistic PCA (Tipping & Bishop 1999), with
 * its scale from held-out images: the median distance scores 0, the 99.5 % quantile scores 1.
 */
export function fitOutOfDistribution(
  training: readonly ArrayLike<number>[],
  heldOut: readonly ArrayLike<number>[],
): Gaussian {
  const dimensions = training[0]?.length ?? 0;
  const mean = new Float64Array(dimensions);
  for (const embedding of training) mean.forEach((sum, d) => (mean[d] = sum + (embedding[d] ?? NaN)));
  mean.forEach((sum, d) => (mean[d] = sum / training.length));

  const { values, vectors } = eigen(covariance(training, mean));
  const total = values.reduce((sum, value) => sum + value, 0);
  const floor = SHRINKAGE * (total / dimensions) + 1e-12;
  let axes = 0;
  for (
    let explained = 0;
    axes < Math.min(MOST_AXES, dimensions - 1) && explained < EXPLAINED * total;
    axes++
  ) {
    explained += values[axes] ?? 0;
  }
  const rest = values.slice(axes);
  const gaussian = {
    mean: Array.from(mean, rounded),
    components: vectors.slice(0, axes).map((vector) => vector.map(rounded)),
    variances: values.slice(0, axes).map((value) => rounded(Math.max(value, floor))),
    residualVariance: rounded(Math.max(rest.reduce((sum, value) => sum + value, 0) / rest.length, floor)),
  };

  const distances = heldOut
    .map((embedding) => mahalanobisDistance(gaussian, embedding))
    .sort((a, b) => a - b);
  const typicalDistance = quantile(distances, 0.5) ?? 0;
  return {
    ...gaussian,
    typicalDistance,
    // If there are few images, all may be equally far; the threshold must still be above the typical distance.
    threshold: Math.max(quantile(distances, TYPICAL_SHARE) ?? 0, typicalDistance * 1.01 + 1e-9),
  };
}

/** To six digits, as exact as the embeddings are: a manifest carries thousands of these numbers as text. */
function rounded(value: number): number {
  return Number(value.toPrecision(6));
}

function covariance(embeddings: readonly ArrayLike<number>[], mean: Float64Array): number[][] {
  const dimensions = mean.length;
  const sums = Array.from({ length: dimensions }, () => new Float64Array(dimensions));
  const offset = new Float64Array(dimensions);
  for (const embedding of embeddings) {
    mean.forEach((value, d) => (offset[d] = (embedding[d] ?? NaN) - value));
    sums.forEach((row, a) => {
      const along = offset[a] ?? NaN;
      for (let b = 0; b <= a; b++) row[b] = (row[b] ?? 0) + along * (offset[b] ?? NaN);
    });
  }
  const at = (a: number, b: number) => (a >= b ? sums[a]?.[b] : sums[b]?.[a]) ?? NaN;
  const divisor = Math.max(1, embeddings.length - 1);
  return sums.map((_, a) => Array.from(mean, (_, b) => at(a, b) / divisor));
}

const SWEEPS = 60;

/**
 * Eigenvalues, largest first, and eigenvectors (rows) of a symmetric matrix `[D][D]`, by Jacobi's cyclic rotations
 * (Golub & Van Loan, Matrix Computations, 8.5).
 */
export function eigen(symmetric: readonly (readonly number[])[]): { values: number[]; vectors: number[][] } {
  const size = symmetric.length;
  const a = symmetric.map((row) => Float64Array.from(row));
  const v = symmetric.map((_, i) => Float64Array.from(symmetric, (_, j) => Number(i === j)));
  const get = (m: Float64Array[], i: number, j: number) => m[i]?.[j] ?? NaN;
  const rotate = (m: Float64Array[], i: number, j: number, k: number, l: number, c: number, s: number) => {
    const first = get(m, i, j);
    const second = get(m, k, l);
    const rowOfFirst = m[i];
    const rowOfSecond = m[k];
    if (rowOfFirst) rowOfFirst[j] = c * first - s * second;
    if (rowOfSecond) rowOfSecond[l] = s * first + c * second;
  };

  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    let off = 0;
    let diagonal = 0;
    for (let i = 0; i < size; i++) {
      diagonal += get(a, i, i) ** 2;
      for (let j = 0; j < i; j++) off += get(a, i, j) ** 2;
    }
    if (off <= 1e-24 * diagonal) break;
    for (let p = 0; p < size - 1; p++) {
      for (let q = p + 1; q < size; q++) {
        const apq = get(a, p, q);
        if (apq === 0) continue;
        const theta = (get(a, q, q) - get(a, p, p)) / (2 * apq);
        const t = Math.sign(theta || 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
        const c = 1 / Math.sqrt(t * t + 1);
        const s = t * c;
        for (let k = 0; k < size; k++) rotate(a, k, p, k, q, c, s);
        for (let k = 0; k < size; k++) rotate(a, p, k, q, k, c, s);
        for (let k = 0; k < size; k++) rotate(v, p, k, q, k, c, s);
      }
    }
  }
  const order = symmetric.map((_, i) => i).sort((i, j) => get(a, j, j) - get(a, i, i));
  return {
    values: order.map((i) => Math.max(0, get(a, i, i))),
    vectors: order.map((i) => Array.from(v[i] ?? [])),
  };
}
