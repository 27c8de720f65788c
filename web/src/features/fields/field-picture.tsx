import { Box, IconButton, Stack, ToggleButton, Tooltip, Typography } from '@mui/material';
import { type KeyboardEvent, type ReactNode, useRef, useState } from 'react';
import { forScreenReaders } from '../../ui/for-screen-readers.js';
import { colours } from '../../ui/colours.js';
import type { FieldWithCellsFragment } from '../../graphql/graphql.js';
import { AddIcon, EyeIcon, WholePictureIcon, ZoomInIcon, ZoomOutIcon } from '../../ui/icons.js';
import { FieldMarks } from './field-marks.js';
import { outcomeWord } from './field-words.js';
import { usePictureView } from './use-picture-view.js';
import { boxAt, centreOf, inPicture, isWhole, moved, type Point, showing } from './view.js';

interface FieldPictureProps {
  field: FieldWithCellsFragment;
  selectedId: string | null;
  onSelect: (id: string) => void;
  /** Adds a cell at a point of the picture. Null for users who may not classify. */
  onAdd: ((point: Point) => void) | null;
  /** A message about the last cell that was added, for screen readers. */
  message: string;
}

const ZOOM_OF_BUTTON = 1.5;
/** How far an arrow key moves the picture or the cross, in pixels of the screen. */
const STEP = { picture: 60, cross: 8 };

const directions: Record<string, Point> = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
};

/**
 * The picture of a field with a numbered box around each cell. Zooms with the mouse wheel, two fingers, buttons and keys; moves by
 * dragging and with Shift and the arrow keys. The arrow keys select the cells.
 */
export function FieldPicture({ field, selectedId, onSelect, onAdd, message }: FieldPictureProps) {
  const { image, predictions: cells } = field;
  const [showsBoxes, setShowsBoxes] = useState(true);
  const [isAdding, setIsAdding] = useState(false);
  const [cross, setCross] = useState<Point | null>(null); // for adding a cell with the keyboard
  const [announced, setAnnounced] = useState('');
  const [source, setSource] = useState(image.url);
  const frame = useRef<HTMLDivElement>(null);

  const { view, setView, scale, svg, zoomBy, showAll } = usePictureView(image, (point) => {
    const cell = boxAt(cells, point);
    if (cell) select(cell.id);
    else if (isAdding) onAdd?.(inPicture(point, image));
  });

  const [broughtIntoView, setBroughtIntoView] = useState<string | null>(null);
  if (selectedId !== broughtIntoView) {
    setBroughtIntoView(selectedId);
    const region = cells.find(({ id }) => id === selectedId)?.region;
    if (region) setView(showing(view, image, region));
  }

  function select(id: string): void {
    const index = cells.findIndex((cell) => cell.id === id);
    const cell = cells[index];
    if (!cell) return;
    setAnnounced(`Cell ${index + 1} of ${cells.length}: ${outcomeWord(cell)}`);
    onSelect(id);
  }

  const startOrStopAdding = (adding: boolean) => {
    setIsAdding(adding);
    setCross(null);
    if (adding) {
      setShowsBoxes(true);
      frame.current?.focus({ preventScroll: true }); // the arrow keys then move the cross
    }
  };

  const moveCross = (direction: Point) => {
    const from = cross ?? centreOf(view);
    const step = STEP.cross / scale;
    const to = inPicture({ x: from.x + direction.x * step, y: from.y + direction.y * step }, image);
    setCross(to);
    setView(showing(view, image, { left: to.x, top: to.y, width: 1, height: 1 }));
  };

  const pressKey = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target !== event.currentTarget) return;
    const direction = directions[event.key];
    const index = cells.findIndex(({ id }) => id === selectedId);
    if (direction && event.shiftKey) {
      const step = STEP.picture / scale;
      setView(moved(view, image, { x: direction.x * step, y: direction.y * step }));
    } else if (direction && isAdding) moveCross(direction);
    else if (direction) {
      const next = index < 0 ? cells[0] : cells[index + direction.x + direction.y];
      if (next) select(next.id);
    } else if (event.key === 'Enter' && isAdding && cross) onAdd?.(cross);
    else if (event.key === 'Escape' && isAdding) startOrStopAdding(false);
    else if (event.key === '+' || event.key === '=') zoomBy(ZOOM_OF_BUTTON);
    else if (event.key === '-') zoomBy(1 / ZOOM_OF_BUTTON);
    else if (event.key === '0') showAll();
    else return;
    event.preventDefault();
  };

  const ratio = image.width / image.height;
  return (
    <Stack spacing={1}>
      <Stack direction="row" useFlexGap sx={{ flexWrap: 'wrap', gap: 1, alignItems: 'center' }}>
        <ZoomButton title="Zoom in" onClick={() => zoomBy(ZOOM_OF_BUTTON)}>
          <ZoomInIcon />
        </ZoomButton>
        <ZoomButton title="Zoom out" onClick={() => zoomBy(1 / ZOOM_OF_BUTTON)}>
          <ZoomOutIcon />
        </ZoomButton>
        <ZoomButton title="Show the whole picture" onClick={showAll}>
          <WholePictureIcon />
        </ZoomButton>
        <ToggleButton
          value="boxes"
          size="small"
          selected={showsBoxes}
          onChange={() => setShowsBoxes(!showsBoxes)}
          sx={{ gap: 0.75 }}
        >
          <EyeIcon fontSize="small" /> Boxes
        </ToggleButton>
        {onAdd && (
          <ToggleButton
            value="add"
            size="small"
            selected={isAdding}
            onChange={() => startOrStopAdding(!isAdding)}
            sx={{ gap: 0.75 }}
          >
            <AddIcon fontSize="small" /> There is a cell here
          </ToggleButton>
        )}
      </Stack>
      {isAdding && (
        <Typography variant="body2">
          Click a cell that has no box, to add and classify it. With the keyboard, move the cross with the
          arrow keys and press Enter. Escape ends this.
        </Typography>
      )}
      <Box
        ref={frame}
        role="group"
        aria-label="Picture of the field"
        aria-describedby="field-picture-keys"
        tabIndex={0}
        onKeyDown={pressKey}
        sx={{
          width: `min(100%, calc(72dvh * ${ratio}))`,
          aspectRatio: ratio,
          mx: 'auto',
          borderRadius: 1.5,
          overflow: 'hidden',
          bgcolor: colours.pictureBackground,
          '&:focus-visible': { outline: '3px solid', outlineColor: 'primary.main', outlineOffset: 2 },
        }}
      >
        <svg
          {...svg}
          role="img"
          aria-label={`${field.fileName ?? 'Field'} with ${cells.length} numbered cells`}
          viewBox={`${view.left} ${view.top} ${view.width} ${view.height}`}
          preserveAspectRatio="none"
          style={{
            display: 'block',
            width: '100%',
            height: '100%',
            userSelect: 'none',
            cursor: isAdding ? 'crosshair' : 'grab',
            // While the whole picture is visible, a finger scrolls the page.
            touchAction: isWhole(view, image) ? 'pan-x pan-y' : 'none',
          }}
        >
          <image
            href={source}
            width={image.width}
            height={image.height}
            preserveAspectRatio="none"
            onError={() => setSource(`${image.thumbnailUrl}?size=1024`)}
          />
          {scale > 0 && showsBoxes && <FieldMarks field={field} selectedId={selectedId} scale={scale} />}
          {isAdding && cross && <Cross at={cross} size={14 / scale} />}
        </svg>
      </Box>
      <Typography id="field-picture-keys" variant="caption" color="textSecondary">
        Arrow keys select a cell, + and − zoom, 0 shows the whole picture, Shift and the arrow keys move it.
      </Typography>
      <Box role="status" sx={forScreenReaders}>
        {message || announced}
      </Box>
    </Stack>
  );
}

function ZoomButton({
  title,
  onClick,
  children,
}: {
  title: string;
  onClick: () => void;
  children: ReactNode;
}) {
  return (
    <Tooltip title={title}>
      <IconButton aria-label={title} onClick={onClick} size="small">
        {children}
      </IconButton>
    </Tooltip>
  );
}

function Cross({ at: { x, y }, size }: { at: Point; size: number }) {
  const path = `M${x - size},${y}h${2 * size}M${x},${y - size}v${2 * size}`;
  return (
    <g fill="none">
      <path d={path} stroke="#ffffff" strokeWidth={5} vectorEffect="non-scaling-stroke" />
      <path d={path} stroke="#2b2633" strokeWidth={2} vectorEffect="non-scaling-stroke" />
    </g>
  );
}
