import { type CellFrame, redCellDiameter } from './cell-frame.js';
import type { CropBox } from './crop-box.js';
import type { FoundCell, FoundCells, Scale } from './find-cells.js';
import type { Preprocessing } from './preprocessing.js';
import { type SizeRange, trainedScaleOf } from './trained-scale.js';

/**
 * What a picture shows instead of one whole cell at the scale of the training images. All but SCALE_UNKNOWN withhold the answer:
 * see `withheldBy`.
 */
export const contentWarningCodes = [
  'NO_CELL',
  'SEVERAL_CELLS',
  'CELL_CUT_OFF',
  'SCALE_OUT_OF_RANGE',
  'SCALE_NEEDED',
  'SCALE_UNKNOWN',
] as const;
export type ContentWarning = (typeof contentWarningCodes)[number];

/** The outcome to which a warning limits an answer. */
const LIMITS = new Map<string, 'INDETERMINATE' | 'OUT_OF_DISTRIBUTION'>([
  ['NO_CELL', 'OUT_OF_DISTRIBUTION'],
  ['SEVERAL_CELLS', 'INDETERMINATE'],
  ['CELL_CUT_OFF', 'INDETERMINATE'],
  ['SCALE_OUT_OF_RANGE', 'INDETERMINATE'],
  ['SCALE_NEEDED', 'INDETERMINATE'],
]);

/** The outcome to which warnings limit an answer; null if they do not withhold it. */
export function withheldBy(warnings: readonly string[]): 'INDETERMINATE' | 'OUT_OF_DISTRIBUTION' | null {
  const limits = warnings.flatMap((warning) => LIMITS.get(warning) ?? []);
  return limits.find((limit) => limit === 'OUT_OF_DISTRIBUTION') ?? limits[0] ?? null;
}

/** The cells of a picture that may be its subject. */
export interface PictureContent {
  /** The cell that the picture is of; null if it shows none. */
  readonly subject: FoundCell | null;
  /** The number of cells that the border of the picture does not cut off. */
  readonly wholeCells: number;
}

/**
 * Decides which cell a picture of a single cell is of: the cell that covers the centre of the picture, or else the whole cell
 * nearest to the centre, or else the nearest of the cells that the border cuts off.
 */
export function contentOf(
  { cells }: Pick<FoundCells, 'cells'>,
  picture: { readonly width: number; readonly height: number },
): PictureContent {
  const separate = withoutParts(cells);
  const centre = { x: picture.width / 2, y: picture.height / 2 };
  const distance = (cell: FoundCell) => Math.hypot(cell.centre.x - centre.x, cell.centre.y - centre.y);
  const nearest = [...separate].sort((one, other) => distance(one) - distance(other));
  return {
    subject: nearest.find((cell) => covers(cell, centre)) ?? nearest.find(isWhole) ?? nearest[0] ?? null,
    wholeCells: separate.filter(isWhole).length,
  };
}

/** The cells without those whose centre is within a larger one: these are parts of it that were not joined. */
export function withoutParts(cells: readonly FoundCell[]): FoundCell[] {
  const separate: FoundCell[] = [];
  for (const cell of [...cells].sort((one, other) => other.diameter - one.diameter)) {
    if (!separate.some((larger) => covers(larger, cell.centre))) separate.push(cell);
  }
  return separate;
}

function isWhole({ isCutOff }: FoundCell): boolean {
  return !isCutOff;
}

/** Whether a point is within the outline of a cell, by the number of its sides to the right of the point. */
export function covers(
  { outline }: FoundCell,
  { x, y }: { readonly x: number; readonly y: number },
): boolean {
  let isInside = false;
  let fromX = outline[outline.length - 2] ?? 0;
  let fromY = outline[outline.length - 1] ?? 0;
  for (let at = 0; at < outline.length; at += 2) {
    const toX = outline[at] ?? 0;
    const toY = outline[at + 1] ?? 0;
    const isBeside = toY > y !== fromY > y;
    if (isBeside && x < ((fromX - toX) * (y - toY)) / (fromY - toY) + toX) isInside = !isInside;
    [fromX, fromY] = [toX, toY];
  }
  return isInside;
}

/** A cell whose centre is further from the centre of the frame than this share of the frame's side does not fit in it. */
const OFF_CENTRE_AT_MOST = 1 / 4;

/** The warnings about what a picture of a single cell shows, of which the network sees `frame`. */
export function contentWarnings(
  { subject, wholeCells }: PictureContent,
  scale: Scale | null,
  frame: CropBox | CellFrame,
  preprocessing: TrainedOn,
): ContentWarning[] {
  if (!subject) return ['NO_CELL'];
  const warnings: ContentWarning[] = [];
  if (wholeCells > 1) warnings.push('SEVERAL_CELLS');
  else if (isCutOffIn(frame, subject)) warnings.push('CELL_CUT_OFF');
  return [...warnings, ...scaleWarnings(subject, scale, frame, preprocessing)];
}

/** Whether the border of the picture cuts a cell off, or the cell lies far from the centre of the frame that the network sees. */
export function isCutOffIn(frame: CropBox, cell: Pick<FoundCell, 'centre' | 'isCutOff'>): boolean {
  return cell.isCutOff || isOffCentre(cell, frame);
}

/** In the inner 75 % of the training images of version 1, 2 of 800 cells deviate by more than a quarter of the side, all of them blasts. */
function isOffCentre({ centre }: Pick<FoundCell, 'centre'>, { left, top, width, height }: CropBox): boolean {
  const across = Math.abs(centre.x - left - width / 2) / width;
  const down = Math.abs(centre.y - top - height / 2) / height;
  return Math.max(across, down) > OFF_CENTRE_AT_MOST;
}

/** The part of a version's preprocessing that says in which frames it saw cells. */
type TrainedOn = Pick<Preprocessing, 'frame' | 'trainedScale' | 'crop'>;

/**
 * The warnings about the size of a cell in the frame that a network sees. In a crop of the picture the red cells tell how much
 * the picture is enlarged, and where they are unknown, the cell has to. In a frame around the cell, what
 * can differ from the training images is the size of the cell.
 *
 * A version that was not trained on frames around cells needs the scale: it classifies blasts in a frame twice as large as not
 * blast, and the sizes of white cells differ too much to recognise such frames without red cells.
 */
export function scaleWarnings(
  { diameter }: Pick<FoundCell, 'diameter'>,
  scale: Scale | null,
  frame: CropBox | CellFrame,
  preprocessing: TrainedOn,
): ContentWarning[] {
  const side = Math.min(frame.width, frame.height);
  const redCell = redCellDiameter(scale);
  const trained = trainedScaleOf(preprocessing);
  const isTrained =
    redCell === null || 'isAroundCell' in frame
      ? isWithin(diameter / side, trained.cell)
      : isWithin(redCell / side, trained.redCell);
  return [
    ...(isTrained ? [] : (['SCALE_OUT_OF_RANGE'] as const)),
    ...(redCell === null && !preprocessing.frame ? (['SCALE_NEEDED'] as const) : []),
    ...(redCell === null ? (['SCALE_UNKNOWN'] as const) : []),
  ];
}

/** How far beyond the trained range, as a factor, a size may be: as much as measuring it varies. */
const TOLERANCE = 1.1;

function isWithin(size: number, [low, high]: SizeRange): boolean {
  return size >= low / TOLERANCE && size <= high * TOLERANCE;
}
