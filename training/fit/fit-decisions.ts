import type { Manifest } from '../../server/artifact/manifest.js';
import type { Calibration } from '../../server/decision/decision-rules.js';
import { calibratedProbability, thresholdLabel } from '../../server/decision/interpret.js';
import { abstentionBand, decisionThreshold } from '../calibration/decide.js';
import { logitOf, probabilityOf } from './fit-calibration.js';
import { cellWeights, sumOf } from './cell-weights.js';
import type { LocalCell } from './local-cell.js';

/** From this number of local positives, the threshold is estimated on them. */
export const POSITIVES_FOR_THRESHOLD = 60;
/** From this number of local cells with a correct label by the threshold, the abstention band is estimated on them. */
export const CORRECT_FOR_BAND = 150;

/** The threshold and the abstention band, on the calibrated probability of the positive label. */
export interface FittedDecisions {
  decisionThreshold: number;
  abstentionBand: [number, number];
  isThresholdEstimated: boolean;
  isBandEstimated: boolean;
}

/**
 * The threshold and the band of a fit, carried over on the new probability scale: the band at the same probabilities, so that the answers
 * that are not withheld are as certain as before, and the threshold at the same likelihood ratio, so that it is as sensitive as before
 * for every prevalence.
 *
 * Each is estimated only where there are enough local cells for it. On the logit scale, the result is then the mean of the carried value,
 * with the weight of 60 positives (for the band, 150 correct cells), and of the estimate, with the weight of the local ones (`cell-weights.ts`).
 * The threshold is only lowered: where the carried one already finds more positives than the base aims at, they are not given up.
 *
 * @param prevalences the shares of positives that the probabilities of the base version and of the new calibration are for
 */
export function fitDecisions(
  base: Pick<Manifest, 'classes' | 'decisionThreshold' | 'abstentionBand' | 'provenance'>,
  calibration: Calibration,
  prevalences: { base: number; local: number },
  cells: readonly Pick<LocalCell, 'logit' | 'isPositive' | 'group'>[],
): FittedDecisions {
  const probabilities = cells.map(({ logit }) => calibratedProbability(calibration, logit));
  const isPositive = cells.map((cell) => cell.isPositive);
  const positives = isPositive.filter(Boolean).length;
  const weights = cellWeights(cells);
  const { targetSensitivity } = base.provenance.parameters;

  const carried = probabilityOf(
    logitOf(base.decisionThreshold) + logitOf(prevalences.local) - logitOf(prevalences.base),
  );
  const isThresholdEstimated = positives >= POSITIVES_FOR_THRESHOLD && typeof targetSensitivity === 'number';
  const threshold = isThresholdEstimated
    ? between(
        carried,
        Math.min(carried, decisionThreshold(probabilities, isPositive, targetSensitivity)),
        shareOf((index) => isPositive[index] === true, POSITIVES_FOR_THRESHOLD),
      )
    : carried;

  const rules = { classes: base.classes, decisionThreshold: threshold };
  const isCorrect = (index: number) =>
    (thresholdLabel(rules, probabilities[index] ?? NaN) === base.classes[1]) === isPositive[index];
  const isBandEstimated = cells.filter((_, index) => isCorrect(index)).length >= CORRECT_FOR_BAND;
  const band = isBandEstimated
    ? mixedBand(
        base.abstentionBand,
        abstentionBand(probabilities, isPositive, threshold),
        shareOf(isCorrect, CORRECT_FOR_BAND),
      )
    : base.abstentionBand;
  return {
    decisionThreshold: threshold,
    abstentionBand: [Math.min(band[0], threshold, 0.5), Math.max(band[1], threshold, 0.5)],
    isThresholdEstimated,
    isBandEstimated,
  };

  /** The weight, 0–1, of an estimate from some of the cells, where the carried value counts as `carriedCells`. */
  function shareOf(isCounted: (index: number) => boolean, carriedCells: number): number {
    const counted = sumOf(weights.filter((_, index) => isCounted(index)));
    return counted / (counted + carriedCells);
  }
}

function mixedBand(
  [low, high]: readonly [number, number],
  [estimatedLow, estimatedHigh]: readonly [number, number],
  weight: number,
): [number, number] {
  return [between(low, estimatedLow, weight), between(high, estimatedHigh, weight)];
}

/** A probability is moved no further than this from 0 and 1, so that its logit is finite. */
const SMALLEST = 1e-4;

/** The probability whose logit is at the share `weight` of the way from that of `from` to that of `to`. */
function between(from: number, to: number, weight: number): number {
  const logit = (probability: number) => logitOf(Math.min(1 - SMALLEST, Math.max(SMALLEST, probability)));
  return probabilityOf(logit(from) + weight * (logit(to) - logit(from)));
}
