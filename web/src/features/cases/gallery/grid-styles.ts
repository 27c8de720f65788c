import type { SxProps, Theme } from '@mui/material';
import { colours } from '../../../ui/colours.js';

/** In pixels. */
export const TILE_WIDTH = 92;
export const TILE_HEIGHT = 108;
export const TILE_GAP = 4;
export const HEADING_HEIGHT = 36;

/** Of the grid, also before it has been loaded, so that what is below does not move. */
export const GRID_HEIGHT = { height: 'min(640px, 74vh)', minHeight: 260 };

/** The opacity of the evidence maps, set on the grid or above it, so that the slider changes no component. */
export const EVIDENCE_OPACITY = '--gallery-evidence';

/** Classes instead of components with styles: a frame while scrolling creates dozens of cells. */
export const gridStyles: SxProps<Theme> = {
  displayPrint: 'none', // a page would show the rows in view only
  ...GRID_HEIGHT,
  overflowY: 'auto',
  overflowX: 'hidden',
  contain: 'strict',
  borderRadius: 1,
  '&:focus-visible': { outline: '2px solid', outlineColor: 'primary.main', outlineOffset: 2 },
  '& .row': {
    ...{ position: 'absolute', top: 0, left: 0, right: 0, display: 'flex', gap: `${TILE_GAP}px` },
    pl: `${TILE_GAP / 2}px`,
  },
  '& .heading-cell': { flex: 1, display: 'flex', alignItems: 'center', gap: 1, minWidth: 0 },
  '& .cell': {
    ...{
      width: TILE_WIDTH,
      height: TILE_HEIGHT,
      position: 'relative',
      cursor: 'pointer',
      userSelect: 'none',
    },
    ...{ borderRadius: '6px', border: '2px solid transparent', contain: 'strict' },
    color: 'text.primary',
  },
  '& .cell[aria-selected=true]': { bgcolor: colours.selectedBackground, borderColor: 'primary.main' },
  // In a contrast theme, a transparent border has the colour of the text, and the background of a selected cell is not shown.
  '@media (forced-colors: active)': {
    '& .cell': { borderColor: 'Canvas' },
    '& .cell[aria-selected=true]': { borderColor: 'Highlight', borderWidth: 4 },
  },
  '& .cell.active': { outline: '2px dashed transparent' },
  '&:focus-visible .cell.active': {
    outlineColor: (theme) => (theme.vars ?? theme).palette.text.primary,
    outlineOffset: '-1px',
  },
  '& .cell.sending': { opacity: 0.5 },
  '& .picture': {
    ...{
      display: 'block',
      position: 'relative',
      height: TILE_WIDTH - 4,
      borderRadius: '4px',
      overflow: 'hidden',
    },
    background: colours.pictureBackground,
  },
  '& .picture img': { position: 'absolute', inset: 0, width: '100%', height: '100%', objectFit: 'cover' },
  '& .picture .evidence': { opacity: `var(${EVIDENCE_OPACITY})` },
  '& .probability, & .picture.reviewed::after': {
    ...{ position: 'absolute', padding: '0 3px', borderRadius: '3px', fontSize: 11, lineHeight: '15px' },
    ...{ color: '#ffffff', background: 'rgba(20, 16, 28, 0.78)', fontVariantNumeric: 'tabular-nums' },
    whiteSpace: 'nowrap',
  },
  '& .probability': { right: 2, bottom: 18 },
  '& .picture.reviewed::after': { content: '"✓" / ""', right: 2, top: 2, fontWeight: 700 },
  // For screen readers only.
  '& .unseen': {
    position: 'absolute',
    width: '1px',
    height: '1px',
    overflow: 'hidden',
    clipPath: 'inset(50%)',
  },
  '& .word': {
    ...{
      display: 'block',
      fontSize: 11,
      letterSpacing: '-0.2px',
      lineHeight: '16px',
      whiteSpace: 'nowrap',
      overflow: 'hidden',
    },
    textOverflow: 'ellipsis',
  },
  '& .word::before': {
    ...{ content: 'attr(data-sign) / ""', display: 'inline-block', minWidth: 10, marginRight: '3px' },
    ...{ textAlign: 'center', fontWeight: 700 },
  },
  '& .positive .word': { color: colours.positive, fontWeight: 600 },
  '& .negative .word': { color: colours.negative },
  '& .needs-review .word': { color: colours.needsReview },
  '& .other .word': { color: colours.notRecognised },
};
