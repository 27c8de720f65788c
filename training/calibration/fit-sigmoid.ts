const ITERATIONS = 100;
const RIDGE = 1e-12;
const CONVERGED = 1e-10;

/** probability = sigmoid(slope · score + intercept + offset). */
export interface Sigmoid {
  slope: number;
  intercept: number;
}

/** What the fit knows besides the scores. */
export interface SigmoidOptions {
  start: Sigmoid;
  /** Added to the intercept of every score, and not fitted. */
  offset?: number;
  /** How much each score counts. By default 1. */
  weights?: readonly number[];
  /** The standard deviations of independent Gaussian priors whose means are `start`. Without them the likelihood alone counts. */
  prior?: Sigmoid;
}

export interface FittedSigmoid extends Sigmoid {
  /**
   * The logarithm of the probability of the targets under the prior, by Laplace's approximation (MacKay 2003, chapter 27). Without a prior
   * it has no meaning.
   */
  logEvidence: number;
}

/**
 * The slope and intercept with the highest posterior probability (without a prior: the highest likelihood) for targets of 0 to 1, by
 * Newton's method with a line search, as in Lin, Lin & Weng 2007 ("A note on Platt's probabilistic outputs for support vector
 * machines"). The function is convex, so the result does not depend on the start, except for rounding.
 */
export function fitSigmoid(
  scores: ArrayLike<number>,
  targets: readonly number[],
  { start, offset = 0, weights, prior }: SigmoidOptions,
): FittedSigmoid {
  const precision = prior ? { s: 1 / prior.slope ** 2, i: 1 / prior.intercept ** 2 } : { s: 0, i: 0 };
  const lossOf = (slope: number, intercept: number) =>
    crossEntropy(scores, targets, weights, slope, intercept + offset) +
    (precision.s * (slope - start.slope) ** 2 + precision.i * (intercept - start.intercept) ** 2) / 2;

  let { slope, intercept } = start;
  let loss = lossOf(slope, intercept);
  const derivativesAt = () => {
    const { gradient, hessian } = derivatives(scores, targets, weights, slope, intercept + offset);
    gradient.s += precision.s * (slope - start.slope);
    gradient.i += precision.i * (intercept - start.intercept);
    hessian.ss += precision.s;
    hessian.ii += precision.i;
    return { gradient, hessian };
  };
  for (let iteration = 0; iteration < ITERATIONS; iteration++) {
    const { gradient, hessian } = derivativesAt();
    const determinant = hessian.ss * hessian.ii - hessian.si * hessian.si;
    const slopeStep = (hessian.ii * gradient.s - hessian.si * gradient.i) / determinant;
    const interceptStep = (hessian.ss * gradient.i - hessian.si * gradient.s) / determinant;

    let stride = 1;
    let next = lossOf(slope - slopeStep, intercept - interceptStep);
    while (next > loss && stride > 1e-10) {
      stride /= 2;
      next = lossOf(slope - stride * slopeStep, intercept - stride * interceptStep);
    }
    if (next > loss) break;
    slope -= stride * slopeStep;
    intercept -= stride * interceptStep;
    const gain = loss - next;
    loss = next;
    if (gain < CONVERGED) break;
  }
  const { hessian } = derivativesAt();
  const determinant = hessian.ss * hessian.ii - hessian.si * hessian.si;
  return { slope, intercept, logEvidence: -loss - Math.log(determinant / (precision.s * precision.i)) / 2 };
}

function derivatives(
  scores: ArrayLike<number>,
  targets: readonly number[],
  weights: readonly number[] | undefined,
  slope: number,
  intercept: number,
) {
  const gradient = { s: 0, i: 0 };
  const hessian = { ss: RIDGE, si: 0, ii: RIDGE };
  targets.forEach((target, index) => {
    const score = scores[index] ?? NaN;
    const probability = 1 / (1 + Math.exp(-(slope * score + intercept)));
    const weight = weights?.[index] ?? 1;
    const error = weight * (probability - target);
    const curvature = weight * probability * (1 - probability);
    gradient.s += error * score;
    gradient.i += error;
    hessian.ss += curvature * score * score;
    hessian.si += curvature * score;
    hessian.ii += curvature;
  });
  return { gradient, hessian };
}

/** Σ weight · (log(1 + e^z) − target · z), in a form that does not overflow. */
function crossEntropy(
  scores: ArrayLike<number>,
  targets: readonly number[],
  weights: readonly number[] | undefined,
  slope: number,
  intercept: number,
): number {
  return targets.reduce((sum, target, index) => {
    const z = slope * (scores[index] ?? NaN) + intercept;
    const weight = weights?.[index] ?? 1;
    return sum + weight * Math.max(z, 0) - weight * target * z + weight * Math.log1p(Math.exp(-Math.abs(z)));
  }, 0);
}
