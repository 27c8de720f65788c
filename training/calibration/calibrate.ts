import type { Calibration } from '../../server/decision/decision-rules.js';
import { TrainingDataError } from '../training-data-error.js';
import { fitSigmoid } from './fit-sigmoid.js';

/**
 * Platt's calibration: probability of the positive label = sigmoid(slope · logit + intercept), by maximum likelihood on
 * images that the network was not trained on, with Platt's smoothed targets.
 *
 * Throws TrainingDataError if the logit does not rise with the positive label, because calibration is then impossible.
 */
export function calibrate(logits: ArrayLike<number>, isPositive: readonly boolean[]): Calibration {
  const positives = isPositive.filter(Boolean).length;
  const negatives = isPositive.length - positives;
  const targets = isPositive.map((positive) =>
    positive ? (positives + 1) / (positives + 2) : 1 / (negatives + 2),
  );
  const start = { slope: 0, intercept: Math.log((positives + 1) / (negatives + 1)) };
  const { slope, intercept } = fitSigmoid(logits, targets, { start });
  if (!(slope > 0)) {
    throw new TrainingDataError(
      'The network has learned nothing that applies to the validation images: its score does not rise with the positive ' +
        'label. Train for more epochs, or check the labels.',
    );
  }
  return { method: 'platt', slope, intercept };
}
