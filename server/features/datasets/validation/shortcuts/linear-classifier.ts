import { areaUnderCurve } from './auc.js';

/** The ridge penalty, as a share of the features' variance: enough to keep the weights of collinear features bounded. */
const RIDGE = 0.01;

/** A table of numbers, stored row by row. */
export interface Table {
  rowCount: number;
  columnCount: number;
  values: Float64Array;
}

/**
 * Cross-validates Fisher's linear discriminant, fitted as a ridge regression of ±1 on standardised features and their
 * squares (Hastie, Tibshirani and Friedman, The Elements of Statistical Learning, 4.3 and exercise 4.2). It ranks cases almost
 * as logistic regression does, and its expensive part does not depend on the labels, so it can be refitted to hundreds of
 * permutations of them. The squares let it separate a class that lies between others.
 *
 * @returns a function that computes the AUC of one label (`isPositive`, by row) against the rest on the held-out folds: the
 *   mean over the folds, weighted by the number of pairs in each. NaN if no fold contains both positives and negatives.
 */
export function prepareCrossValidation(
  features: Table,
  folds: Uint8Array,
): (isPositive: Uint8Array) => number {
  const table = standardised(withSquares(standardised(features)));
  const heldOut = Array.from({ length: Math.max(...folds) + 1 }, (_, fold) => rowsOf(table, folds, fold));
  const moments = heldOut.map(crossProducts);
  const allMoments = sumOf(moments);
  const factors = moments.map((own) => {
    const training = difference(allMoments, own);
    const step = table.columnCount + 1; // from one number on the diagonal to the next
    for (let i = 0; i < training.length; i += step) training[i] = at(training, i) + RIDGE * table.rowCount;
    return cholesky(training, table.columnCount);
  });

  return (isPositive) => {
    // The intercept of a regression: the share of positives, which is about the same in every fold.
    const share = isPositive.reduce((sum, positive) => sum + positive, 0) / table.rowCount;
    const sums = heldOut.map((rows) => covariance(rows, isPositive, share));
    const allSums = sumOf(sums);
    let [wins, pairs] = [0, 0];
    heldOut.forEach((rows, fold) => {
      const [factor, own] = [factors[fold], sums[fold]];
      if (!factor || !own) return;
      const { positives, negatives } = scoresOf(rows, solve(factor, difference(allSums, own)), isPositive);
      const compared = positives.length * negatives.length;
      if (compared === 0) return;
      wins += compared * areaUnderCurve(positives, negatives);
      pairs += compared;
    });
    return wins / pairs;
  };
}

/** Some rows of a table, with their indices in it. */
interface Rows extends Table {
  indices: Uint32Array;
}

function rowsOf({ columnCount, values }: Table, folds: Uint8Array, fold: number): Rows {
  const indices = Uint32Array.from([...folds.keys()].filter((row) => folds[row] === fold));
  const picked = new Float64Array(indices.length * columnCount);
  indices.forEach((row, to) =>
    picked.set(values.subarray(row * columnCount, (row + 1) * columnCount), to * columnCount),
  );
  return { rowCount: indices.length, columnCount, values: picked, indices };
}

/** Xᵀ (y - share), `[columns]` */
function covariance(
  { indices, columnCount, values }: Rows,
  isPositive: Uint8Array,
  share: number,
): Float64Array {
  const sums = new Float64Array(columnCount);
  let position = 0;
  for (const row of indices) {
    const residual = at(isPositive, row) - share;
    for (let i = 0; i < columnCount; i++) sums[i] = at(sums, i) + residual * at(values, position++);
  }
  return sums;
}

function scoresOf({ indices, columnCount, values }: Rows, weights: Float64Array, isPositive: Uint8Array) {
  const positiveCount = indices.reduce((sum, row) => sum + at(isPositive, row), 0);
  const positives = new Float64Array(positiveCount);
  const negatives = new Float64Array(indices.length - positiveCount);
  let [position, inPositives, inNegatives] = [0, 0, 0];
  for (const row of indices) {
    let score = 0;
    for (let i = 0; i < columnCount; i++) score += at(weights, i) * at(values, position++);
    if (isPositive[row]) positives[inPositives++] = score;
    else negatives[inNegatives++] = score;
  }
  return { positives, negatives };
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

/** Xᵀ X, `[columns, columns]` */
function crossProducts({ rowCount, columnCount: size, values }: Table): Float64Array {
  const products = new Float64Array(size * size);
  for (let row = 0; row < rowCount; row++) {
    for (let i = 0; i < size; i++) {
      const value = at(values, row * size + i);
      for (let j = 0; j < size; j++) {
        products[i * size + j] = at(products, i * size + j) + value * at(values, row * size + j);
      }
    }
  }
  return products;
}

function sumOf(arrays: readonly Float64Array[]): Float64Array {
  const [first = new Float64Array(0), ...others] = arrays;
  return others.reduce((sum, array) => sum.map((value, i) => value + at(array, i)), first);
}

function difference(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((value, i) => value - at(b, i));
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
