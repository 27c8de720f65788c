import type { Calibration } from '../../server/decision/decision-rules.js';
import { fitSigmoid, type Sigmoid } from '../calibration/fit-sigmoid.js';
import { cellWeights, sumOf } from './cell-weights.js';
import { FitError } from './fit-error.js';
import type { LocalCell } from './local-cell.js';

/**
 * The prior over the correction, which is a line on the logit of the base version's probability: a mixture of two Gaussians with the means
 * 1 (slope) and 0 (intercept), and these standard deviations. They do not depend on the cells.
 *
 * - `near`: scanners like those that the version was calibrated on. `benchmarks/fit/prior.ts` measures the simulated scanners.
 * - `far`: laboratories that differ from all of them. It is wide because no such laboratory has been measured.
 */
export const CALIBRATION_PRIOR = {
  near: { slope: 0.1, intercept: 0.25 },
  far: { slope: 0.3, intercept: 3 },
  /** The prior probability of `far`. */
  farProbability: 0.2,
} as const;

/** The number of independent cells that the prevalence of the base version counts as. */
const PREVALENCE_CELLS = 50;

/** A calibration on local cells. */
export interface FittedCalibration {
  calibration: Calibration;
  /** logit of the new probability = slope · logit of the base version's probability + intercept. */
  correction: Sigmoid;
  /** The share of positives that the new probabilities are for. */
  prevalence: number;
  /** The posterior probability that the laboratory differs from all scanners that the base version was calibrated on. */
  farProbability: number;
}

/**
 * Refits Platt's slope and intercept on local cells by maximum a posteriori. For each component of the prior, with the standard deviations
 * σ and τ, the correction (slope a, intercept c) has the lowest
 *
 *     Σ wᵢ [ log(1 + exp(ηᵢ)) − yᵢ ηᵢ ] + (a − 1)² / (2σ²) + c² / (2τ²),    ηᵢ = a · zᵢ + c + δ
 *
 * where zᵢ is the logit of the base version's probability (Platt 1999), yᵢ is 1 for the positive label, else 0, and wᵢ is the weight of
 * the cell (`cell-weights.ts`). The result is the mean of both corrections, weighted by the posterior probability of their component
 * (Laplace's approximation). So cells that do not contradict the base's calibration leave it nearly unchanged, and cells that
 * clearly do move it far.
 *
 * The sample may have another share of positives than the laboratory. δ = logit(share of positives by weight, Σ wᵢyᵢ / Σ wᵢ) − logit(prevalence
 * of the base) removes it from the correction (prior correction: King & Zeng 2001, "Logistic regression in rare events data"). The share
 * is by weight because the likelihood is: the blasts of few patients weigh less than as many other cells of many patients. The
 * probabilities are then moved to the laboratory's prevalence, estimated as the mean of the base's prevalence, which counts as 50 cells, and
 * the same share, which counts as the sum of the weights.
 *
 * @param basePrevalence the share of positives that the probabilities of the base version are for, above 0 and below 1
 * @param cells at least one of each class
 * @throws FitError if the score does not rise with the positive label
 */
export function fitCalibration(
  base: Calibration,
  basePrevalence: number,
  cells: readonly Pick<LocalCell, 'logit' | 'isPositive' | 'group'>[],
): FittedCalibration {
  const weights = cellWeights(cells);
  const counted = sumOf(weights);
  const share = sumOf(weights.filter((_, index) => cells[index]?.isPositive)) / counted;
  const scores = cells.map(({ logit }) => base.slope * logit + base.intercept);
  const targets = cells.map(({ isPositive }) => Number(isPositive));
  const offset = logitOf(share) - logitOf(basePrevalence);
  const start = { slope: 1, intercept: 0 };
  const fitWith = (prior: Sigmoid) => fitSigmoid(scores, targets, { start, offset, weights, prior });
  const [near, far] = [fitWith(CALIBRATION_PRIOR.near), fitWith(CALIBRATION_PRIOR.far)];
  const farProbability = probabilityOf(
    logitOf(CALIBRATION_PRIOR.farProbability) + far.logEvidence - near.logEvidence,
  );
  const mean = (of: (sigmoid: Sigmoid) => number) => of(near) + farProbability * (of(far) - of(near));

  const prevalence = (PREVALENCE_CELLS * basePrevalence + counted * share) / (PREVALENCE_CELLS + counted);
  const correction = {
    slope: mean(({ slope }) => slope),
    intercept: mean(({ intercept }) => intercept) + logitOf(prevalence) - logitOf(basePrevalence),
  };
  if (!(correction.slope > 0)) {
    throw new FitError(
      'The scores of the base version fall with the positive label on these cells, so they cannot be calibrated. Check the labels.',
    );
  }
  return {
    ...{ correction, prevalence, farProbability },
    calibration: {
      method: 'platt',
      slope: correction.slope * base.slope,
      intercept: correction.slope * base.intercept + correction.intercept,
    },
  };
}

export function logitOf(probability: number): number {
  return Math.log(probability / (1 - probability));
}

export function probabilityOf(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}
