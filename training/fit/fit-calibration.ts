import type { Calibration } from '../../server/artifact/manifest.js';
import { fitSigmoid, type Sigmoid } from '../calibration/fit-sigmoid.js';
import { FitError } from './fit-error.js';
import type { LocalCell } from './local-cell.js';

/**
 * Standard deviations of the Gaussian prior over the slope (mean 1) and the intercept (mean 0) of the correction, which is a line on the
 * logit of the base version's probability. Fixed in advance: `benchmarks/fit/prior.ts` measures how far simulated scanners differ.
 */
export const CALIBRATION_PRIOR: Sigmoid = { slope: 0.3, intercept: 3 };

/** A calibration on local cells. */
export interface FittedCalibration {
  calibration: Calibration;
  /** logit of the new probability = slope · logit of the base version's probability + intercept. */
  correction: Sigmoid;
}

/**
 * Refits Platt's slope and intercept on local cells by maximum a posteriori: the correction (slope a, intercept c) has the lowest
 *
 *     Σ [ log(1 + exp(ηᵢ)) − yᵢ ηᵢ ] + (a − 1)² / (2 · 0.3²) + c² / (2 · 3²),    ηᵢ = a · zᵢ + c + δ
 *
 * where zᵢ is the logit of the base version's probability (Platt 1999) and yᵢ is 1 for the positive label, else 0. With few cells the
 * result stays close to the base's calibration; with many it is the maximum likelihood.
 *
 * The fitted sample may have another share of positives than the base version's held-out images. So δ = logit(share of positives among
 * the fitted cells) − logit(prevalence) is added while fitting and left out afterwards (prior correction: King & Zeng 2001, "Logistic
 * regression in rare events data"; Saerens, Latinne & Decaestecker 2002): the new probabilities are for the prevalence of the base, and
 * its threshold and band keep their meaning.
 *
 * @param prevalence the share of positives that the probabilities of the base version are for, above 0 and below 1
 * @param cells at least one of each class
 * @throws FitError if the score does not rise with the positive label
 */
export function fitCalibration(
  base: Calibration,
  prevalence: number,
  cells: readonly Pick<LocalCell, 'logit' | 'isPositive'>[],
): FittedCalibration {
  const positives = cells.filter(({ isPositive }) => isPositive).length;
  const correction = fitSigmoid(
    cells.map(({ logit }) => base.slope * logit + base.intercept),
    cells.map(({ isPositive }) => Number(isPositive)),
    {
      start: { slope: 1, intercept: 0 },
      offset: logitOf(positives / cells.length) - logitOf(prevalence),
      prior: CALIBRATION_PRIOR,
    },
  );
  if (!(correction.slope > 0)) {
    throw new FitError(
      'The scores of the base version fall with the positive label on these cells, so they cannot be calibrated. Check the labels.',
    );
  }
  return {
    correction,
    calibration: {
      method: 'platt',
      slope: correction.slope * base.slope,
      intercept: correction.slope * base.intercept + correction.intercept,
    },
  };
}

function logitOf(probability: number): number {
  return Math.log(probability / (1 - probability));
}
