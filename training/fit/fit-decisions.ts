import type { Calibration, Manifest } from '../../server/artifact/manifest.js';
import { calibratedProbability, thresholdLabel } from '../../server/inference/interpret.js';
import { abstentionBand, decisionThreshold } from '../calibration/decide.js';
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
 * The threshold and the band of a fit. Both are probabilities for the prevalence of the base version, so they are carried over, and
 * replaced by an estimate only where there are enough local cells for it. An estimate counts the more the more cells it is from: on the logit scale, the
 * result is a mean of the carried and the estimated value with the weights 60 (150 for the band) and the number of cells.
 */
export function fitDecisions(
  base: Pick<Manifest, 'classes' | 'decisionThreshold' | 'abstentionBand' | 'provenance'>,
  calibration: Calibration,
  cells: readonly Pick<LocalCell, 'logit' | 'isPositive'>[],
): FittedDecisions {
  const probabilities = cells.map(({ logit }) => calibratedProbability(calibration, logit));
  const isPositive = cells.map((cell) => cell.isPositive);
  const positives = isPositive.filter(Boolean).length;
  const { targetSensitivity } = base.provenance.parameters;

  const isThresholdEstimated = positives >= POSITIVES_FOR_THRESHOLD && typeof targetSensitivity === 'number';
  const threshold = isThresholdEstimated
    ? between(
        base.decisionThreshold,
        decisionThreshold(probabilities, isPositive, targetSensitivity),
        positives / (positives + POSITIVES_FOR_THRESHOLD),
      )
    : base.decisionThreshold;

  const rules = { classes: base.classes, decisionThreshold: threshold };
  const correct = probabilities.filter(
    (probability, index) => (thresholdLabel(rules, probability) === base.classes[1]) === isPositive[index],
  ).length;
  const isBandEstimated = correct >= CORRECT_FOR_BAND;
  const band = isBandEstimated
    ? mixedBand(
        base.abstentionBand,
        abstentionBand(probabilities, isPositive, threshold),
        correct / (correct + CORRECT_FOR_BAND),
      )
    : base.abstentionBand;
  return {
    decisionThreshold: threshold,
    abstentionBand: [Math.min(band[0], threshold, 0.5), Math.max(band[1], threshold, 0.5)],
    isThresholdEstimated,
    isBandEstimated,
  };
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
  const logit = (probability: number) => {
    const inside = Math.min(1 - SMALLEST, Math.max(SMALLEST, probability));
    return Math.log(inside / (1 - inside));
  };
  const mixed = logit(from) + weight * (logit(to) - logit(from));
  return 1 / (1 + Math.exp(-mixed));
}
