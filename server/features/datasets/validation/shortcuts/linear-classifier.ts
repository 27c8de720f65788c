import { areaUnderCurve } from './auc.js';

/** How strongly weights are drawn to 0, as a share of the features' variance: enough to hold those that say the same. */
const RIDGE = 0.01;

/** A table of numbers, row by row. */
export interface Table {
  rowCount: number;
  columnCount: number;
  values: Float64Array;
}

/**
 * Cross-validates Fisher's linear discriminant, fitted as a ridge regression of ±1 on standardised features and their
 * squares (Hastie, Tibshirani and Friedman, The Elements of Statistical Learning, 4.3 and exercise 4.2): it orders cases
 * as logistic regression does but for details, and what is expensive about it does not depend on the labels, so that it
 * can be fitted anew to hundreds of permutations of them. The squares let it see a class that lies between others.
 *
 * @returns the AUC of one label (`isPositive`, by row) against the rest on the folds held out: the mean over the folds,
 *   weighted by the pairs that each compares. NaN where no fold holds both.
 */
export function prepareCrossValidation(
  features: Table,
  folds: Uint8Array,
): (isPositive: Uint8Array) => number {
  const { rowCount, columnCount, values } = standardised(withSquares(standardised(features)));
  const foldCount = Math.max(...folds) + 1;
  const foldIndices = Array.from({ length: foldCount }, (_, fold) => fold);
  const moments = foldIndices.map((fold) => crossProducts(values, columnCount, folds, fold));
  const factors = foldIndices.map((fold) => {
    const training = new Float64Array(columnCount * columnCount);
    moments.forEach((moment, other) => {
      if (other !== fold)
        for (let i = 0; i < training.length; i++) training[i] = at(training, i) + at(moment, i);
    });
    for (let i = 0; i < columnCount; i++)
      training[i * columnCount + i] = at(training, i * columnCount + i) + RIDGE * rowCount;
    return cholesky(training, columnCount);
  });

  return (isPositive) => {
    // The constant that a regression would have: the share of positives, which the folds share alike.
    const target = isPositive.reduce((sum, positive) => sum + positive, 0) / rowCount;
    const sums = foldIndices.map(() => new Float64Array(columnCount));
    for (let row = 0; row < rowCount; row++) {
      const sum = sums[at(folds, row)];
      if (!sum) continue;
      const residual = at(isPositive, row) - target;
      for (let i = 0; i < columnCount; i++)
        sum[i] = at(sum, i) + residual * at(values, row * columnCount + i);
    }
    const weights = factors.map((factor, fold) => {
      const training = new Float64Array(columnCount);
      sums.forEach((sum, other) => {
        if (other !== fold) for (let i = 0; i < columnCount; i++) training[i] = at(training, i) + at(sum, i);
      });
      return solve(factor, training);
    });
    let [wins, pairs] = [0, 0];
    const scores = foldIndices.map(() => ({ positives: [] as number[], negatives: [] as number[] }));
    for (let row = 0; row < rowCount; row++) {
      const weight = weights[at(folds, row)];
      const score = scores[at(folds, row)];
      if (!weight || !score) continue;
      let value = 0;
      for (let i = 0; i < columnCount; i++) value += at(weight, i) * at(values, row * columnCount + i);
      (isPositive[row] ? score.positives : score.negatives).push(value);
    }
    for (const { positives, negatives } of scores) {
      const compared = positives.length * negatives.length;
      if (compared === 0) continue;
      wins += compared * areaUnderCurve(Float64Array.from(positives), Float64Array.from(negatives));
      pairs += compared;
    }
    return wins / pairs;
  };
}

/** Each column with mean 0 and variance 1; constant columns become 0. */
function standardised({ rowCount, columnCount, values }: Table): Table {
  const scaled = new Float64Array(values.length);
  for (let column = 0; column < columnCount; column++) {
    let [sum, squares] = [0, 0];
    for (let i = column; i < values.length; i += columnCount) sum += at(values, i);
    const mean = sum / rowCount;
    for (let i = column; i < values.length; i += columnCount) squares += (at(values, i) - mean) ** 2;
    const deviation = Math.sqrt(squares / rowCount);
    const scale = deviation > 1e-9 ? 1 / deviation : 0;
    for (let i = column; i < values.length; i += columnCount) scaled[i] = (at(values, i) - mean) * scale;
  }
  return { rowCount, columnCount, values: scaled };
}

function withSquares({ rowCount, columnCount, values }: Table): Table {
  const widened = new Float64Array(2 * values.length);
  for (let row = 0; row < rowCount; row++) {
    for (let i = 0; i < columnCount; i++) {
      const value = at(values, row * columnCount + i);
      widened[2 * row * columnCount + i] = value;
      widened[(2 * row + 1) * columnCount + i] = value * value;
    }
  }
  return { rowCount, columnCount: 2 * columnCount, values: widened };
}

/** Xᵀ X of the rows of one fold. */
function crossProducts(values: Float64Array, size: number, folds: Uint8Array, fold: number): Float64Array {
  const products = new Float64Array(size * size);
  for (let row = 0; row < folds.length; row++) {
    if (folds[row] !== fold) continue;
    for (let i = 0; i < size; i++) {
      const value = at(values, row * size + i);
      for (let j = 0; j <= i; j++)
        products[i * size + j] = at(products, i * size + j) + value * at(values, row * size + j);
    }
  }
  for (let i = 0; i < size; i++)
    for (let j = 0; j < i; j++) products[j * size + i] = at(products, i * size + j);
  return products;
}

/** The lower triangle L with L Lᵀ = matrix, which must be symmetric and positive definite. */
function cholesky(matrix: Float64Array, size: number): Float64Array {
  const lower = new Float64Array(matrix.length);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = at(matrix, i * size + j);
      for (let k = 0; k < j; k++) sum -= at(lower, i * size + k) * at(lower, j * size + k);
      lower[i * size + j] = i === j ? Math.sqrt(sum) : sum / at(lower, j * size + j);
    }
  }
  return lower;
}

/** x with L Lᵀ x = right. */
function solve(lower: Float64Array, right: Float64Array): Float64Array {
  const size = right.length;
  const x = right.slice();
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < i; k++) x[i] = at(x, i) - at(lower, i * size + k) * at(x, k);
    x[i] = at(x, i) / at(lower, i * size + i);
  }
  for (let i = size - 1; i >= 0; i--) {
    for (let k = i + 1; k < size; k++) x[i] = at(x, i) - at(lower, k * size + i) * at(x, k);
    x[i] = at(x, i) / at(lower, i * size + i);
  }
  return x;
}

function at(values: Float64Array | Uint8Array, index: number): number {
  return values[index] ?? 0;
}
