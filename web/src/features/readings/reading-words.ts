import type { ReadingPart, ReviewOrigin, ReviewVerdict } from '../../graphql/graphql.js';
import { capitalised } from '../../ui/format.js';
import { verdictLabels } from '../../ui/labels.js';

/** What a reading is, by how its cells were chosen. */
export function readingName({
  part,
  origin,
  blind,
}: {
  part: ReadingPart | null;
  origin: ReviewOrigin;
  blind: boolean;
}): string {
  const name = part === null ? originNames[origin] : partNames[part];
  return blind && part === null ? `${name}, blind` : name;
}

const originNames: Record<ReviewOrigin, string> = {
  WORKLIST: 'Chosen cells',
  RANDOM_SAMPLE: 'Random sample',
  WHOLE_SET: 'All cells of a case',
  CORRECTION: 'Corrections',
};

const partNames: Record<ReadingPart, string> = {
  FIRST: 'Double reading',
  SECOND: 'Double reading',
  THIRD: 'Third reading',
};

/** What a reader decided about a cell: 'Blast', 'Not a cell'. Null if they have not decided. */
export function decisionText({
  verdict,
  label,
}: {
  verdict: ReviewVerdict | null;
  label: string | null;
}): string | null {
  if (verdict === null) return null;
  return verdict === 'LABEL' ? capitalised(label ?? '') : verdictLabels[verdict];
}
