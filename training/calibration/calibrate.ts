import type { Calibration } from '../../server/artifact/manifest.js';
import { TrainingDataError } from '../training-data-error.js';

const ITERATIONS = 100;
const RIDGE = 1e-12;
const CONVERGED = 1e-10;

/**
 * Platt's calibration: probability of the positive label = sigmoid(slope · logit + intercept), by maximum likelihood on
 * images that the network was not trained on. Newton's method with a line search and Platt's smoothed targets, as in
 * Lin, Lin & Weng 2007 ("A note on Platt's probabilistic outputs for support vector machines").
 *
 * Throws TrainingDataError if the logit does not rise with the positive label, because calibration is then impossible.
 */
export function calibrate(logits: ArrayLike<number>, isPositive: readonly boolean[]): Calibration {
  const positives = isPositive.filter(Boolean).length;
  const negatives = isPositive.length - positives;
  const targets = isPositive.map((positive) =>
    positive ? (positives + 1) / (positives + 2) : 1 / (negatives + 2),
  );

  let slope = 0;
  let intercept = Math.log((positives + 1) / (negatives + 1));
  let loss = crossEntropy(logits, targets, slope, intercept);
  for (let iteration = 0; iteration < ITERATIONS; iteration++) {
    const { gradient, hessian } = derivatives(logits, targets, slope, intercept);
    const determinant = hessian.ss * hessian.ii - hessian.si * hessian.si;
    const slopeStep = (hessian.ii * gradient.s - hessian.si * gradient.i) / determinant;
    const interceptStep = (hessian.ss * gradient.i - hessian.si * gradient.s) / determinant;

    let stride = 1;
    let next = crossEntropy(logits, targets, slope - slopeStep, intercept - interceptStep);
    while (next > loss && stride > 1e-10) {
      stride /= 2;
      next = crossEntropy(logits, targets, slope - stride * slopeStep, intercept - stride * interceptStep);
    }
    if (next > loss) break;
    slope -= stride * slopeStep;
    intercept -= stride * interceptStep;
    const gain = loss - next;
    loss = next;
    if (gain < CONVERGED) break;
  }
  if (!(slope > 0)) {
    throw new TrainingDataError(
      'The network has learned nothing that applies to the validation images: its score does not rise with the positive ' +
        'label. Train for more epochs, or check the labels.',
    );
  }
  return { method: 'platt', slope, intercept };
}

function derivatives(
  logits: ArrayLike<number>,
  targets: readonly number[],
  slope: number,
  intercept: number,
) {
  const gradient = { s: 0, i: 0 };
  const hessian = { ss: RIDGE, si: 0, ii: RIDGE };
  targets.forEach((target, index) => {
    const logit = logits[index] ?? NaN;
    const probability = 1 / (1 + Math.exp(-(slope * logit + intercept)));
    const error = probability - target;
    const curvature = probability * (1 - probability);
    gradient.s += error * logit;
    gradient.i += error;
    hessian.ss += curvature * logit * logit;
    hessian.si += curvature * logit;
    hessian.ii += curvature;
  });
  return { gradient, hessian };
}

/** Σ log(1 + e^z) − target · z, in a form that does not overflow. */
function crossEntropy(
  logits: ArrayLike<number>,
  targets: readonly number[],
  slope: number,
  intercept: number,
): number {
  return targets.reduce((sum, target, index) => {
    const z = slope * (logits[index] ?? NaN) + intercept;
    return sum + Math.max(z, 0) - target * z + Math.log1p(Math.exp(-Math.abs(z)));
  }, 0);
}
