import { Box, Typography } from '@mui/material';
import { type KeyboardEvent, useEffect, useRef } from 'react';
import { colours } from '../../ui/colours.js';
import type { FieldCellFragment } from '../../graphql/graphql.js';
import { useMay } from '../../session/viewer.js';
import { namedCellType } from '../predictions/explain.js';
import { outcomeWord, reviewWord } from './field-words.js';
import { markKindOf, MarkSample } from './mark-lines.js';

interface CellStripProps {
  cells: readonly FieldCellFragment[];
  positiveLabel: string;
  selectedId: string | null;
  onSelect: (id: string) => void;
}

const CELL_SIZE = 92; // holds 'Cell 100' beside its mark

/** The cells of a field in a row, with number and outcome. The arrow keys go from cell to cell. */
export function CellStrip({ cells, positiveLabel, selectedId, onSelect }: CellStripProps) {
  const list = useRef<HTMLDivElement>(null);
  const seesImages = useMay('see images');
  const selected = cells.findIndex(({ id }) => id === selectedId);

  // Only the strip is scrolled: the page stays where it is.
  useEffect(() => {
    const option = list.current?.children[selected];
    if (!list.current || !(option instanceof HTMLElement)) return;
    list.current.scrollLeft = option.offsetLeft - (list.current.clientWidth - option.offsetWidth) / 2;
  }, [selected]);

  const pressKey = (event: KeyboardEvent) => {
    const target = targetOf(event.key, selected, cells.length);
    const cell = target === null ? undefined : cells[target];
    const option = target === null ? undefined : list.current?.children[target];
    if (!cell) return;
    event.preventDefault();
    if (option instanceof HTMLElement) option.focus({ preventScroll: true });
    onSelect(cell.id);
  };

  return (
    <Box
      ref={list}
      role="listbox"
      aria-label="Cells"
      aria-orientation="horizontal"
      onKeyDown={pressKey}
      sx={{ display: 'flex', gap: 1, overflowX: 'auto', position: 'relative', p: 0.5, pb: 1 }}
    >
      {cells.map((cell, index) => (
        <Box
          key={cell.id}
          role="option"
          aria-selected={index === selected}
          tabIndex={index === Math.max(0, selected) ? 0 : -1}
          onClick={() => onSelect(cell.id)}
          sx={{
            width: CELL_SIZE + 16,
            flexShrink: 0,
            p: 1,
            borderRadius: 1.5,
            cursor: 'pointer',
            bgcolor: index === selected ? colours.selectedBackground : 'background.paper',
            outline: '2px solid',
            outlineColor: index === selected ? 'primary.main' : 'transparent',
            '&:focus-visible': { outlineWidth: 4 },
          }}
        >
          {seesImages && cell.cellImageUrl && (
            <img
              src={cell.cellImageUrl}
              alt=""
              width={CELL_SIZE}
              height={CELL_SIZE}
              loading="lazy"
              style={{
                display: 'block',
                borderRadius: 6,
                objectFit: 'cover',
                background: colours.pictureBackground,
              }}
            />
          )}
          <Box sx={{ display: 'flex', alignItems: 'center', gap: 0.5, mt: 0.5 }}>
            <MarkSample kind={markKindOf(cell, positiveLabel)} />
            <strong style={{ whiteSpace: 'nowrap' }}>Cell {index + 1}</strong>
          </Box>
          <Typography variant="body2">{outcomeWord(cell)}</Typography>
          {cell.cellType && cell.cellType !== cell.label && (
            <Typography variant="caption" component="div">
              {namedCellType(cell)}
            </Typography>
          )}
          {reviewWord(cell) && (
            <Typography variant="caption" component="div">
              {reviewWord(cell)}
            </Typography>
          )}
        </Box>
      ))}
    </Box>
  );
}

/** The position that a key leads to; null for other keys. */
function targetOf(key: string, selected: number, length: number): number | null {
  switch (key) {
    case 'ArrowRight':
    case 'ArrowDown':
      return Math.min(length - 1, selected + 1);
    case 'ArrowLeft':
    case 'ArrowUp':
      return Math.max(0, selected - 1);
    case 'Home':
      return 0;
    case 'End':
      return length - 1;
    case 'Enter':
    case ' ':
      return Math.max(0, selected);
    default:
      return null;
  }
}
