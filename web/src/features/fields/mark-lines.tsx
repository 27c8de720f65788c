import { coloursOnPictures } from '../../ui/colours.js';
import type { FieldCellFragment } from '../../graphql/graphql.js';

/** What a box in the picture means. Each kind has its own line, so that they differ without colour too. */
export type MarkKind = 'positive' | 'negative' | 'indeterminate' | 'not recognised' | 'left out';

export interface MarkLine {
  stroke: string;
  /** Pixels of the screen, like the dashes. */
  strokeWidth: number;
  strokeDasharray?: string;
  strokeLinecap?: 'round';
}

export const markLines: Record<MarkKind, MarkLine> = {
  positive: { stroke: coloursOnPictures.positive, strokeWidth: 4 },
  negative: { stroke: coloursOnPictures.negative, strokeWidth: 2 },
  indeterminate: { stroke: coloursOnPictures.needsReview, strokeWidth: 3, strokeDasharray: '9 6' },
  'not recognised': {
    stroke: coloursOnPictures.notRecognised,
    strokeWidth: 3,
    strokeDasharray: '0.1 6',
    strokeLinecap: 'round',
  },
  'left out': { stroke: coloursOnPictures.leftOut, strokeWidth: 1.5, strokeDasharray: '12 4 2 4' },
};

export function markKindOf(
  { outcome, label }: Pick<FieldCellFragment, 'outcome' | 'label'>,
  positiveLabel: string,
): MarkKind {
  if (outcome === 'INDETERMINATE') return 'indeterminate';
  if (outcome === 'OUT_OF_DISTRIBUTION') return 'not recognised';
  return label === positiveLabel ? 'positive' : 'negative';
}

/** A box with the line of its kind, for the legend. */
export function MarkSample({ kind }: { kind: MarkKind }) {
  return (
    <svg width={30} height={22} aria-hidden style={{ flexShrink: 0 }}>
      {/* Pale like a smear, because the lines have the same colours as over the picture. */}
      <rect width={30} height={22} rx={4} fill="#f6f4fa" />
      <rect x={3} y={3} width={24} height={16} rx={2} fill="none" {...markLines[kind]} />
    </svg>
  );
}
