import { type Manifest } from '../../server/artifact/manifest.js';
import { calibratedCellTypes } from '../../server/decision/decision-rules.js';
import { FEWEST_OF_CLASS } from '../../server/features/fitting/cells-problem.js';
import { withheldBy } from '../../server/pixels/picture-content.js';
import type { Sigmoid } from '../calibration/fit-sigmoid.js';
import type { DecisionRules } from '../calibration/derive-decision-rules.js';
import { fitCalibration } from './fit-calibration.js';
import { fitCellTypes } from './fit-cell-types.js';
import { type FittedDecisions, fitDecisions } from './fit-decisions.js';
import { FitError } from './fit-error.js';
import { fitOutOfDistributionTo } from './fit-out-of-distribution.js';
import type { LocalCell } from './local-cell.js';

/** The parts of a base version's manifest that a fit starts from. */
export type BaseRules = DecisionRules & Pick<Manifest, 'metrics' | 'provenance'>;

/** Decision rules for a laboratory, and how they differ from those of the base version. */
export interface FittedRules {
  rules: DecisionRules;
  /** logit of the new probability = slope · logit of the base version's probability + intercept. */
  correction: Sigmoid;
  /** The share of positives among the fitted cells, 0–1. */
  samplePrevalence: number;
  /** The share of positives that the probabilities are for: an estimate of that of the laboratory. */
  prevalence: number;
  /** The posterior probability that the laboratory differs from all scanners that the base version was calibrated on. */
  farProbability: number;
  isThresholdEstimated: FittedDecisions['isThresholdEstimated'];
  isBandEstimated: FittedDecisions['isBandEstimated'];
  /** The share of the way, 0–1, that the out-of-distribution mean was moved towards that of the local cells. */
  shift: number;
  /** For each member, the factor of its out-of-distribution range. */
  widening: number[];
}

/**
 * Derives decision rules for a laboratory from locally labelled cells and the outputs of the base version's network for them. The network
 * does not change. The order of the cells does not matter except for rounding.
 *
 * Cells whose picture does not show one whole cell at a known scale are not fitted: their answer is withheld anyway.
 *
 * @throws FitError if a class has fewer than 5 cells, with the number that is missing, or if the scores contradict the labels
 */
export function fitRules(base: BaseRules, cells: readonly LocalCell[]): FittedRules {
  const fitted = fittingCells(cells);
  refuseTooFew(base.classes, fitted);
  return deriveRules(base, fitted);
}

/** `fitRules` without its checks, on cells that can be fitted: at least one of each class. */
export function deriveRules(base: BaseRules, fitted: readonly LocalCell[]): FittedRules {
  const basePrevalence = prevalenceOf(base);
  const cellTypes = calibratedCellTypes(base);
  const { calibration, correction, prevalence, farProbability } = fitCalibration(
    base.calibration,
    basePrevalence,
    fitted,
  );
  const decisions = fitDecisions(base, calibration, { base: basePrevalence, local: prevalence }, fitted);
  const { outOfDistribution, shift, widening } = fitOutOfDistributionTo(
    base.outOfDistribution,
    basePrevalence,
    fitted,
  );
  return {
    rules: {
      classes: base.classes,
      calibration,
      decisionThreshold: decisions.decisionThreshold,
      abstentionBand: decisions.abstentionBand,
      outOfDistribution,
      ...(cellTypes ? { cellTypes: fitCellTypes(cellTypes, fitted) } : {}),
    },
    correction,
    samplePrevalence: fitted.filter(({ isPositive }) => isPositive).length / fitted.length,
    prevalence,
    farProbability,
    isThresholdEstimated: decisions.isThresholdEstimated,
    isBandEstimated: decisions.isBandEstimated,
    shift,
    widening,
  };
}

/** The cells whose answer the network decides: the picture shows one whole cell at a scale that the version knows. */
export function fittingCells(cells: readonly LocalCell[]): LocalCell[] {
  return cells.filter(({ qualityWarnings }) => withheldBy(qualityWarnings) === null);
}

/** Throws FitError if a class has too few cells. */
export function refuseTooFew(
  [negative, positive]: readonly [string, string],
  cells: readonly LocalCell[],
): void {
  const positives = cells.filter(({ isPositive }) => isPositive).length;
  const missing = [
    { label: positive, count: positives },
    { label: negative, count: cells.length - positives },
  ].filter(({ count }) => count < FEWEST_OF_CLASS);
  if (missing.length === 0) return;
  const sentences = missing.map(
    ({ label, count }) => `${FEWEST_OF_CLASS - count} more of '${label}' (there are ${count} usable cells)`,
  );
  throw new FitError(
    `A fit needs at least ${FEWEST_OF_CLASS} cells of each class: ${sentences.join(' and ')}.`,
  );
}

/** The share of positives among the held-out images that the base version was calibrated on. */
function prevalenceOf({ classes: [, positive], metrics: { validation } }: BaseRules): number {
  const positives = validation.confusionMatrix.reduce(
    (sum, { actual, count }) => sum + (actual === positive ? count : 0),
    0,
  );
  // One half of an image of each class more, so that the share is never 0 or 1.
  return (positives + 0.5) / (validation.itemCount + 1);
}
