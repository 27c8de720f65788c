import { Box } from '@mui/material';
import { useVirtualizer } from '@tanstack/react-virtual';
import {
  type DragEvent,
  type KeyboardEvent,
  type MouseEvent,
  type ReactNode,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from 'react';
import type { CellGroup } from './arrange-cells.js';
import { CellTile, elementIdOf } from './cell-tile.js';
import type { GalleryCell } from './gallery-queries.js';
import { gridStyles, HEADING_HEIGHT, TILE_GAP, TILE_HEIGHT, TILE_WIDTH } from './grid-styles.js';
import type { Selection } from './selection.js';

/** A row of the grid: the heading of a group, or cells of it. */
type Row = { kind: 'heading'; group: CellGroup } | { kind: 'cells'; key: string; cells: GalleryCell[] };

interface GalleryGridProps {
  groups: readonly CellGroup[];
  selection: Selection;
  sending: ReadonlySet<string>;
  seesImages: boolean;
  mayReview: boolean;
  showsEvidence: boolean;
  /** The cell to scroll to, with a number that changes for each time. */
  reveal: { id: string; time: number } | null;
  heading: (group: CellGroup) => ReactNode;
  onPick: (id: string, event: MouseEvent) => void;
  onOpen: (id: string) => void;
  onPoint: (id: string | null) => void;
  onKeyDown: (event: KeyboardEvent, columns: number) => void;
  onDragCells: (id: string, event: DragEvent) => void;
  /** Also when the cells were dropped nowhere. */
  onDragEnd: () => void;
  onDropOn: (group: CellGroup) => void;
}

/** The cells of all groups. Only the rows in view are in the page. */
export function GalleryGrid({ groups, reveal, ...props }: GalleryGridProps) {
  const { selection, sending, seesImages, mayReview, showsEvidence, heading } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const columns = useColumns(scroller);
  const rows = rowsOf(groups, columns);
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => (rows[index]?.kind === 'heading' ? HEADING_HEIGHT : TILE_HEIGHT + TILE_GAP),
    getItemKey: (index) => keyOf(rows[index]),
    overscan: 3,
  });

  // After the grouping or the number of columns has changed, the sizes of the rows are different.
  const sizes = rows.map(({ kind }) => (kind === 'heading' ? 'h' : 'c')).join('');
  useEffect(() => virtualizer.measure(), [virtualizer, sizes]);

  const revealed = useRef(0);
  useEffect(() => {
    if (!reveal || revealed.current === reveal.time) return;
    const index = rows.findIndex(
      (row) => row.kind === 'cells' && row.cells.some(({ id }) => id === reveal.id),
    );
    if (index < 0) return;
    revealed.current = reveal.time;
    virtualizer.scrollToIndex(index, { align: 'auto' });
  });

  // Two quick taps at one place are a double click for browsers, also if the grid has moved another cell there in between.
  const firstClicked = useRef<string | null>(null);
  const active = selection.active;
  return (
    <Box
      ref={scroller}
      role="grid"
      aria-label="Cells of the case"
      aria-multiselectable
      aria-rowcount={rows.length}
      aria-colcount={columns}
      aria-activedescendant={active === null ? undefined : elementIdOf(active)}
      tabIndex={0}
      sx={gridStyles}
      onKeyDown={(event) => event.target === event.currentTarget && props.onKeyDown(event, columns)}
      onClick={(event) =>
        withCell(event.target, (id) => {
          if (event.detail === 1) firstClicked.current = id;
          props.onPick(id, event);
        })
      }
      onDoubleClick={(event) =>
        withCell(event.target, (id) => {
          if (id === firstClicked.current) props.onOpen(id);
        })
      }
      onPointerOver={(event) => event.pointerType === 'mouse' && props.onPoint(cellIdOf(event.target))}
      onPointerLeave={() => props.onPoint(null)}
      onDragStart={(event) => withCell(event.target, (id) => props.onDragCells(id, event))}
      onDragEnd={props.onDragEnd}
    >
      <div role="rowgroup" style={{ height: virtualizer.getTotalSize(), position: 'relative' }}>
        {virtualizer.getVirtualItems().map(({ index, start, key, size }) => {
          const row = rows[index];
          if (!row) return null;
          const style = { transform: `translateY(${start}px)`, height: size };
          if (row.kind === 'heading') {
            const { group } = row;
            return (
              <div
                key={key}
                role="row"
                aria-rowindex={index + 1}
                className="row heading"
                style={style}
                onDragOver={(event) => group.choice && event.preventDefault()}
                onDrop={(event) => {
                  event.preventDefault();
                  props.onDropOn(group);
                }}
              >
                <div role="gridcell" aria-colindex={1} aria-colspan={columns} className="heading-cell">
                  {heading(group)}
                </div>
              </div>
            );
          }
          return (
            <div key={key} role="row" aria-rowindex={index + 1} className="row" style={style}>
              {row.cells.map((cell, column) => (
                <CellTile
                  key={cell.id}
                  cell={cell}
                  column={column + 1}
                  isSelected={selection.selected.has(cell.id)}
                  isActive={active === cell.id}
                  isSending={sending.has(cell.id)}
                  seesImages={seesImages}
                  showsEvidence={showsEvidence}
                  mayReview={mayReview}
                />
              ))}
            </div>
          );
        })}
      </div>
    </Box>
  );
}

function rowsOf(groups: readonly CellGroup[], columns: number): Row[] {
  return groups.flatMap((group): Row[] => {
    if (group.cells.length === 0) return [];
    const count = Math.ceil(group.cells.length / columns);
    const ofCells = Array.from({ length: count }, (_, index): Row => ({
      kind: 'cells',
      key: `${group.key} ${index}`,
      cells: group.cells.slice(index * columns, (index + 1) * columns),
    }));
    return [{ kind: 'heading', group }, ...ofCells];
  });
}

function keyOf(row: Row | undefined): string {
  if (!row) return '';
  return row.kind === 'heading' ? `heading ${row.group.key}` : row.key;
}

/** The number of cells that fit beside each other. */
function useColumns(scroller: { current: HTMLElement | null }): number {
  const [columns, setColumns] = useState(1);
  // Before the first row is drawn or scrolled to.
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const measure = () =>
      setColumns(Math.max(1, Math.floor((element.clientWidth - TILE_GAP) / (TILE_WIDTH + TILE_GAP))));
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [scroller]);
  return columns;
}

function cellIdOf(target: EventTarget): string | null {
  const tile = target instanceof Element ? target.closest('[data-cell]') : null;
  return tile instanceof HTMLElement ? (tile.dataset.cell ?? null) : null;
}

function withCell(target: EventTarget, act: (id: string) => void): void {
  const id = cellIdOf(target);
  if (id !== null) act(id);
}
