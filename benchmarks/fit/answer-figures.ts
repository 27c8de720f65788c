import type { DecisionRules } from '../../training/calibration/derive-decision-rules.js';
import type { LocalCell } from '../../training/fit/local-cell.js';
import { compareFigures, type PairedFigure } from '../../evaluation/compare-figures.js';
import { scoreOf } from '../../evaluation/score.js';
import type { Scored } from '../../evaluation/measure-scores.js';

/** How good answers are. A share that the cells do not define is NaN. */
export interface AnswerFigures {
  sensitivity: number;
  specificity: number;
  balancedAccuracy: number;
  calibrationError: number;
  /** The share of the answers that are not withheld. */
  coverage: number;
  /** The share of wrong answers among those that are not withheld. */
  selectiveError: number;
  /** The largest share of the cells that could be answered, the most certain first, with at most 2 % wrong. */
  coverageAtError: number;
}

const ERROR = 0.02;

export async function figuresOf(rules: DecisionRules, cells: readonly LocalCell[]): Promise<AnswerFigures> {
  const scored = cells.map((cell) => scoreOf(rules, cell, cell));
  const { figures } = await compareFigures([scored], { replicates: 0 });
  const value = (name: PairedFigure) => figures[0]?.[name]?.estimate ?? NaN;
  return {
    sensitivity: value('sensitivity'),
    specificity: value('specificity'),
    balancedAccuracy: value('balancedAccuracy'),
    calibrationError: value('expectedCalibrationError'),
    coverage: value('coverage'),
    selectiveError: value('selectiveError'),
    coverageAtError: coverageAtError(scored),
  };
}

function coverageAtError(scored: readonly Scored[]): number {
  const certainty = ({ probability }: Scored) => Math.abs(probability - 0.5);
  const ordered = scored.toSorted((one, other) => certainty(other) - certainty(one));
  let wrong = 0;
  let covered = 0;
  ordered.forEach(({ isPositive, probability }, index) => {
    wrong += Number(probability >= 0.5 !== isPositive);
    if (wrong <= ERROR * (index + 1)) covered = index + 1;
  });
  return covered / scored.length;
}
