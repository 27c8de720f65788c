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
      className={classes.join(' ')}
      draggable={mayReview}
    >
      <span className={cell.reviews.length > 0 ? 'picture reviewed' : 'picture'}>
        {seesImages && picture && <img src={picture} alt="" decoding="async" draggable={false} />}
        {seesImages && showsEvidence && cell.evidenceMapUrl && (
          <img className="evidence" src={cell.evidenceMapUrl} alt="" decoding="async" draggable={false} />
        )}
      </span>
      <span className="word" data-sign={signOf(state)}>
        {stateText(state)}
      </span>
      <span className="unseen">, probability of {readable(cell.modelVersion.positiveLabel)} </span>
      <span className="probability">{percent(positiveProbability(cell))}</span>
      <span className="unseen">, {reviewedText(cell)}</span>
    </div>
  );
});
