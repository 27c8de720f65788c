import { memo } from 'react';
import { percent, readable } from '../../../ui/format.js';
import { positiveProbability } from '../../predictions/explain.js';
import { type CellState, stateOf, stateText } from './arrange-cells.js';
import type { GalleryCell } from './gallery-queries.js';

/** The sign of each state, so that it does not depend on colour. The word beside it says the same. */
function signOf(state: CellState): string {
  switch (state.kind) {
    case 'label':
      return state.isPositive ? '◉' : '○';
    case 'INDETERMINATE':
    case 'CANNOT_TELL':
      return '?';
    case 'OUT_OF_DISTRIBUTION':
      return '△';
    case 'NOT_A_CELL':
      return '✕';
  }
}

function classOf(state: CellState): string {
  if (state.kind === 'label') return state.isPositive ? 'positive' : 'negative';
  return state.kind === 'INDETERMINATE' ? 'needs-review' : 'other';
}

/** What a screen reader says of a cell: 'Blast, probability of blast 97.3 %, reviewed by Dr Lee'. */
export function cellText(cell: GalleryCell): string {
  const { positiveLabel } = cell.modelVersion;
  return [
    stateText(stateOf(cell)),
    `probability of ${readable(positiveLabel)} ${percent(positiveProbability(cell))}`,
    reviewedText(cell),
  ].join(', ');
}

/** 'reviewed by Dr Lee' or 'not reviewed'. */
export function reviewedText({ reviews }: GalleryCell): string {
  const newest = reviews.at(-1);
  return newest ? `reviewed by ${newest.reviewer.displayName}` : 'not reviewed';
}

/** The id of the element of a cell. */
export function elementIdOf(cellId: string): string {
  return `gallery-${cellId}`;
}

interface CellTileProps {
  cell: GalleryCell;
  column: number;
  isSelected: boolean;
  isActive: boolean;
  isSending: boolean;
  seesImages: boolean;
  showsEvidence: boolean;
  mayReview: boolean;
}

/** A cell of the grid: picture, probability of the positive label, and what is known about it by shape and word. */
export const CellTile = memo(function CellTile({
  cell,
  column,
  isSelected,
  isActive,
  isSending,
  seesImages,
  showsEvidence,
  mayReview,
}: CellTileProps) {
  const state = stateOf(cell);
  const picture = cell.field ? cell.cellImageUrl : cell.image.thumbnailUrl;
  const classes = ['cell', classOf(state), isActive && 'active', isSending && 'sending'].filter(Boolean);
  return (
    <div
      role="gridcell"
      id={elementIdOf(cell.id)}
      data-cell={cell.id}
      aria-selected={isSelected}
      aria-colindex={column}
      aria-label={cellText(cell)}
      className={classes.join(' ')}
      draggable={mayReview}
    >
      <span className="picture">
        {seesImages && picture && <img src={picture} alt="" decoding="async" draggable={false} />}
        {seesImages && showsEvidence && cell.evidenceMapUrl && (
          <img className="evidence" src={cell.evidenceMapUrl} alt="" decoding="async" draggable={false} />
        )}
        <span className="probability">{percent(positiveProbability(cell))}</span>
        {cell.reviews.length > 0 && <span className="reviewed">✓</span>}
      </span>
      <span className="word">
        <span className="sign">{signOf(state)}</span> {stateText(state)}
      </span>
    </div>
  );
});
