import {
  type Interpretation,
  interpret,
  type RawAnswer,
  type Rules,
  thresholdLabel,
  type ThresholdRules,
} from '../server/inference/interpret.js';
import type { Scored } from './measure-scores.js';

/** A version's answer for one labelled image, with its outcome. */
export interface Answered extends Scored {
  outcome: Interpretation['outcome'];
}

/**
 * Converts one answer to what an evaluation counts. `calledPositive` is the decision at the version's threshold. Between the
 * threshold and one half it differs from the most probable class; such answers are withheld, but the rates count all images.
 */
export function scoreOf(
  rules: Rules & ThresholdRules,
  answer: RawAnswer,
  truth: Pick<Scored, 'isPositive' | 'group'>,
): Answered {
  const { probabilities, outcome } = interpret(rules, answer);
  const probability = probabilities[1]?.probability ?? NaN;
  return {
    ...truth,
    probability,
    calledPositive: thresholdLabel(rules, probability) === rules.classes[1],
    outcome,
    abstained: outcome !== 'CLASSIFIED',
  };
}
