import { redCellDiameter } from './cell-frame.js';
import type { CropBox } from './crop-box.js';
import type { FoundCell, Scale } from './find-cells.js';
import { withoutParts } from './picture-content.js';

/** Why a cell that was found in a field is not classified. */
export const leftOutReasons = ['CUT_OFF', 'TOO_SMALL', 'TOO_MANY'] as const;
export type LeftOutReason = (typeof leftOutReasons)[number];

/**
 * Warnings about a whole field: it shows no cell; no red cell, or too few, give its scale; it has more cells than are classified. The cells
 * of a field without a scale have the second warning too.
 */
export const fieldWarningCodes = ['NO_CELL', 'SCALE_UNKNOWN', 'TOO_MANY_CELLS'] as const;
export type FieldWarning = (typeof fieldWarningCodes)[number];

/** A cell of a picture, as it is classified. */
export interface CellPlace {
  /** Box of the whole cell, in whole pixels of the picture. */
  readonly region: CropBox;
  /** Centre and diameter of the cell, in pixels of the picture. */
  readonly centre: { readonly x: number; readonly y: number };
  readonly diameter: number;
}

export interface FieldCells {
  /** In reading order: rows from top to bottom, in each row from left to right. At most {@link MOST_CELLS}. */
  readonly cells: readonly CellPlace[];
  /** In reading order. At most {@link MOST_LEFT_OUT}. */
  readonly leftOut: readonly { readonly region: CropBox; readonly reason: LeftOutReason }[];
}

/** What images show: one cell each, fields, or either. */
export type ImageKind = 'CELL' | 'FIELD' | 'AUTOMATIC';

/**
 * Whether an image is classified as a field and not as one cell.
 * @param cells the number of cells of the image that can be classified
 */
export function isField(kind: ImageKind, cells: number): boolean {
  return kind === 'FIELD' || (kind === 'AUTOMATIC' && cells > 1);
}

/** The largest number of cells of a field that are classified. A field of a 100× objective has at most about 100. */
export const MOST_CELLS = 500;
/** The largest number of cells that are listed as left out. */
export const MOST_LEFT_OUT = 1_000;
/** A cell with fewer pixels across shows no structure of its nucleus. A whole image must have as many. */
const SMALLEST_DIAMETER = 16;

/**
 * Decides which of the cells found in a picture are classified: whole ones that are large enough. A part of a larger cell is not
 * a cell. If there are too many, those that come first are, so that the choice does not favour a type of cell by its size.
 */
export function chooseFieldCells(found: readonly FoundCell[], picture: PictureSize): FieldCells {
  const cells: CellPlace[] = [];
  const leftOut: { region: CropBox; reason: LeftOutReason }[] = [];
  for (const { box, centre, diameter, isCutOff } of inReadingOrder(withoutParts(found))) {
    const region = wholePixels(box, picture);
    const reason = isCutOff
      ? 'CUT_OFF'
      : diameter < SMALLEST_DIAMETER
        ? 'TOO_SMALL'
        : cells.length === MOST_CELLS
          ? 'TOO_MANY'
          : null;
    if (reason === null) cells.push({ region, centre, diameter });
    else if (leftOut.length < MOST_LEFT_OUT) leftOut.push({ region, reason });
  }
  return { cells, leftOut };
}

interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** A row ends where the next cell's centre is lower than that of the row's first cell by this share of the median diameter. */
const ROW_HEIGHT = 0.75;

function inReadingOrder(found: readonly FoundCell[]): FoundCell[] {
  const rowHeight = ROW_HEIGHT * (medianDiameter(found) ?? 0);
  const rows: FoundCell[][] = [];
  let top = 0;
  for (const cell of [...found].sort((a, b) => a.centre.y - b.centre.y)) {
    const row = rows.at(-1);
    if (row && cell.centre.y - top <= rowHeight) row.push(cell);
    else {
      rows.push([cell]);
      top = cell.centre.y;
    }
  }
  return rows.flatMap((row) => row.sort((a, b) => a.centre.x - b.centre.x));
}

/** The median of the cells' diameters, in pixels; null without cells. */
function medianDiameter(cells: readonly { readonly diameter: number }[]): number | null {
  const diameters = cells.map(({ diameter }) => diameter).sort((a, b) => a - b);
  return diameters[diameters.length >> 1] ?? null;
}

/** The smallest box of whole pixels of the picture around this one. */
function wholePixels({ left, top, width, height }: CropBox, picture: PictureSize): CropBox {
  const first = { left: Math.max(0, Math.floor(left)), top: Math.max(0, Math.floor(top)) };
  return {
    ...first,
    width: Math.max(1, Math.min(picture.width, Math.ceil(left + width)) - first.left),
    height: Math.max(1, Math.min(picture.height, Math.ceil(top + height)) - first.top),
  };
}

// How large things are in the training images of the bundled version (DeepAPL, 336 images of seven types of cells, where
// `findCells` measured them): medians.

/** Diameter of a cell as a share of the image's side. 5th to 95th percentile: 0.31 to 0.58. */
const CELL_OF_IMAGE = 0.442;
/** Diameter of a red cell as a share of the image's side. 5th to 95th percentile: 0.18 to 0.24. */
const RED_CELL_OF_IMAGE = 0.208;
/** A white cell's diameter in diameters of a red cell. */
const CELL_OF_RED_CELL = CELL_OF_IMAGE / RED_CELL_OF_IMAGE;

/**
 * The cell at a point where no cell was found: as large as the field's other cells (the median), else as its red cells say, else as
 * the cell of an image that shows only one.
 *
 * @param others regions of cells of the same field
 */
export function cellAt(
  point: { readonly x: number; readonly y: number },
  others: readonly CropBox[],
  scale: Scale | null,
  picture: PictureSize,
): CellPlace {
  const known = medianDiameter(others.map(({ width, height }) => ({ diameter: Math.sqrt(width * height) })));
  const redCell = redCellDiameter(scale);
  const diameter =
    known ??
    (redCell !== null ? redCell * CELL_OF_RED_CELL : Math.min(picture.width, picture.height) * CELL_OF_IMAGE);
  const around = {
    left: point.x - diameter / 2,
    top: point.y - diameter / 2,
    width: diameter,
    height: diameter,
  };
  return { region: wholePixels(around, picture), centre: point, diameter };
}
