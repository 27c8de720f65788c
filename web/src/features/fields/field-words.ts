import type { FieldCellFragment, FieldSummaryFragment, LeftOutReason } from '../../graphql/graphql.js';
import { capitalised, count, readable } from '../../ui/format.js';
import { outcomeLabels, verdictLabels } from '../../ui/labels.js';
import { explainQuality } from '../predictions/explain.js';

/** Why a cell is left out, as its name in the picture. */
export const leftOutLabels: Record<LeftOutReason, string> = {
  CUT_OFF: 'Cut off',
  TOO_SMALL: 'Too small',
  TOO_MANY: 'Over the limit',
};

const leftOutSentences: Record<LeftOutReason, string> = {
  CUT_OFF: 'cut off by the border of the picture',
  TOO_SMALL: 'too few pixels',
  TOO_MANY: 'more cells than a field may have',
};

/** How the model answered a cell: its label, or why it gives none. */
export function outcomeWord({ outcome, label }: Pick<FieldCellFragment, 'outcome' | 'label'>): string {
  return outcome === 'CLASSIFIED' ? capitalised(label) : outcomeLabels[outcome];
}

/** What the newest review says: 'Reviewed: blast'. Null without a review. */
export function reviewWord({
  finalVerdict,
  finalLabel,
}: Pick<FieldCellFragment, 'finalVerdict' | 'finalLabel'>): string | null {
  if (!finalVerdict) return null;
  const word = finalVerdict === 'LABEL' ? readable(finalLabel) : verdictLabels[finalVerdict].toLowerCase();
  return `Reviewed: ${word}`;
}

/** The number of cells by outcome: '2 blast, 1 normal, 1 needs review'. Outcomes that no cell has are omitted. */
export function countsText({ counts }: Pick<FieldSummaryFragment, 'counts'>): string {
  const parts: [number, string][] = [
    ...counts.classified.map(({ count, label }): [number, string] => [count, readable(label)]),
    [counts.indeterminate, outcomeLabels.INDETERMINATE.toLowerCase()],
    [counts.outOfDistribution, outcomeLabels.OUT_OF_DISTRIBUTION.toLowerCase()],
  ];
  return parts.flatMap(([number, word]) => (number > 0 ? `${number} ${word}` : [])).join(', ');
}

/** The number of classified cells of a field. */
export function cellCount({ counts }: Pick<FieldSummaryFragment, 'counts'>): number {
  const classified = counts.classified.reduce((sum, { count }) => sum + count, 0);
  return classified + counts.indeterminate + counts.outOfDistribution;
}

/** What was left out and why: '2 cells left out: 1 cut off by the border of the picture, 1 too few pixels'. Null if nothing was. */
export function leftOutText({ leftOut }: Pick<FieldSummaryFragment, 'leftOut'>): string | null {
  if (leftOut.length === 0) return null;
  const reasons = (['CUT_OFF', 'TOO_SMALL', 'TOO_MANY'] as const).flatMap((reason) => {
    const number = leftOut.filter((cell) => cell.reason === reason).length;
    return number > 0 ? `${number} ${leftOutSentences[reason]}` : [];
  });
  return `${count(leftOut.length, 'cell')} left out: ${reasons.join(', ')}.`;
}

const fieldSentences: Record<string, string> = {
  NO_CELL:
    'No whole white blood cell was found. Check that the picture shows a stained blood or bone marrow smear from a light microscope.',
  SCALE_UNKNOWN:
    'The magnification is unknown, because no red blood cell could be measured. The answers are less certain.',
  TOO_MANY_CELLS:
    'The picture shows more cells than a field may have. Send parts of the picture to classify the other cells.',
};

/** A warning about a field in a sentence. */
export function explainFieldWarning(warning: string): string {
  return fieldSentences[warning] ?? explainQuality(warning);
}
