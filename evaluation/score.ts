import {
  type Interpretation,
  interpret,
  type RawAnswer,
  type Rules,
  thresholdLabel,
  type ThresholdRules,
} from '../server/inference/interpret.js';
import type { CellTypeAnswer } from './measure-cell-types.js';
import type { Scored } from './measure-scores.js';

/** A version's answer for one labelled image, with its outcome, and with the cell types of a version that knows them. */
export interface Answered extends Scored {
  outcome: Interpretation['outcome'];
  cellType: CellTypeAnswer | null;
}

/**
 * Converts one answer to what an evaluation counts. `calledPositive` is the decision at the version's threshold. Between the
 * threshold and one half it differs from the most probable class; such answers are withheld, but the rates count all images.
 */
export function scoreOf(
  rules: Rules & ThresholdRules,
  answer: RawAnswer,
  { label, group }: { label: string; group: string | null },
): Answered {
  const { probabilities, outcome, cellTypes, cellType } = interpret(rules, answer);
  const positiveLabel = rules.classes[1];
  const probability = probabilities[1]?.probability ?? NaN;
  return {
    isPositive: label === positiveLabel,
    group,
    probability,
    calledPositive: thresholdLabel(rules, probability) === positiveLabel,
    outcome,
    abstained: outcome !== 'CLASSIFIED',
    cellType: cellTypes && {
      actual: label,
      probabilities: cellTypes.map((type) => type.probability),
      named: cellType,
    },
  };
}
