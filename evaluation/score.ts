import {
  type Interpretation,
  interpret,
  type RawAnswer,
  thresholdLabel,
  type ThresholdRules,
} from '../server/decision/interpret.js';
import type { Rules } from '../server/decision/decision-rules.js';
import type { CellTypeAnswer } from './measure-cell-types.js';
import type { Scored } from './measure-scores.js';

/** A version's answer for one labelled image, with its outcome. The cell types are null if the version knows none or that of the image is unknown. */
export interface Answered extends Scored {
  outcome: Interpretation['outcome'];
  cellType: CellTypeAnswer | null;
}

/** What is known about an image. */
export interface Truth extends Pick<Scored, 'isPositive' | 'group'> {
  /** The label of its cell type; null if it is unknown. */
  readonly cellTypeLabel: string | null;
}

/**
 * Converts one answer to what an evaluation counts. `calledPositive` is the decision at the version's threshold. Between the
 * threshold and one half it differs from the most probable class; such answers are withheld, but the rates count all images.
 */
export function scoreOf(
  rules: Rules & ThresholdRules,
  answer: RawAnswer,
  { isPositive, group, cellTypeLabel }: Truth,
): Answered {
  const { probabilities, outcome, cellTypes, cellType } = interpret(rules, answer);
  const probability = probabilities[1]?.probability ?? NaN;
  return {
    isPositive,
    group,
    probability,
    calledPositive: thresholdLabel(rules, probability) === rules.classes[1],
    outcome,
    abstained: outcome !== 'CLASSIFIED',
    cellType:
      cellTypes && cellTypeLabel !== null
        ? {
            actual: cellTypeLabel,
            probabilities: cellTypes.map((type) => type.probability),
            named: cellType,
          }
        : null,
  };
}
