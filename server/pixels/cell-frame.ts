import type { CropBox } from './crop-box.js';
import type { FoundCell, Scale } from './find-cells.js';
import type { Preprocessing } from './preprocessing.js';
import { type SizeRange, trainedScaleOf } from './trained-scale.js';

/** The diameter of a red cell in micrometres: 6 to 8 with a mean of 7.5 (Diez-Silva et al., MRS Bulletin 35, 2010). Patients' means differ by about ±15 %. */
export const RED_CELL_MICROMETRES = 7.5;

/** A standard error of the red cells' diameter above this share of it is too large to measure with. */
const UNCERTAINTY_AT_MOST = 0.15;

/** How much of a picture a network sees around a cell: a square about the cell's centre. */
export interface CellFraming {
  /** The side in micrometres, where the scale is known. */
  micrometres: number;
  /** The side as a multiple of the cell's own diameter, where the scale is unknown. */
  diameters: number;
  /** Undefined where pictures of single cells do not all show the same width of the slide. */
  usualPicture?: UsualPicture | undefined;
}

/**
 * The width of the slide that a picture of a single cell usually shows, by its shorter side, in micrometres. The red cells of one
 * picture measure it with an error of 8.5 % (standard deviation), and the red cells of patients and of laboratories differ too. So a
 * picture that by its red cells is about as wide as usual counts as exactly as wide.
 */
export interface UsualPicture {
  micrometres: number;
  /** Pictures that by their red cells are between `narrowest` and `widest` are as wide as usual. */
  narrowest: number;
  /** See `narrowest`. */
  widest: number;
}

/** The part of a picture that a network sees, in whole pixels. It may reach beyond the picture. */
export interface CellFrame extends CropBox {
  readonly isAroundCell: true;
}

/**
 * The framing of a version. A version that sees a crop of the picture can also classify one cell of a large picture: in the square
 * in which a cell has the size that it has in the training images.
 */
export function framingOf(
  preprocessing: Pick<Preprocessing, 'frame' | 'trainedScale' | 'crop'>,
): CellFraming {
  if (preprocessing.frame) return preprocessing.frame;
  const { redCell, cell } = trainedScaleOf(preprocessing);
  return { micrometres: RED_CELL_MICROMETRES / middle(redCell), diameters: 1 / middle(cell) };
}

/** The geometric mean of a range. */
function middle([low, high]: SizeRange): number {
  return Math.sqrt(low * high);
}

/** The diameter of a red cell in pixels; null if the scale is unknown or too uncertain to measure with. */
export function redCellDiameter(scale: Scale | null): number | null {
  if (!scale || scale.uncertainty > UNCERTAINTY_AT_MOST * scale.redCellDiameter) return null;
  return scale.redCellDiameter;
}

/**
 * The square around a cell that a network sees.
 *
 * @param picture in pixels, if it is of this cell alone; null if it is a field of cells, whose width says nothing
 */
export function frameCell(
  { centre, diameter }: Pick<FoundCell, 'centre' | 'diameter'>,
  scale: Scale | null,
  framing: CellFraming,
  picture: { readonly width: number; readonly height: number } | null,
): CellFrame {
  const pixels = pixelsOfMicrometre(scale, framing.usualPicture, picture);
  const wanted = pixels === null ? framing.diameters * diameter : framing.micrometres * pixels;
  const side = Math.max(1, Math.round(wanted));
  return {
    left: Math.round(centre.x - side / 2),
    top: Math.round(centre.y - side / 2),
    width: side,
    height: side,
    isAroundCell: true,
  };
}

/** The length of a micrometre in pixels; null if the scale is unknown. */
function pixelsOfMicrometre(
  scale: Scale | null,
  usual: UsualPicture | undefined,
  picture: { readonly width: number; readonly height: number } | null,
): number | null {
  const redCell = redCellDiameter(scale);
  if (redCell === null) return null;
  const byRedCells = redCell / RED_CELL_MICROMETRES;
  if (!usual || !picture) return byRedCells;
  const side = Math.min(picture.width, picture.height);
  const width = side / byRedCells;
  const isUsual = width >= usual.narrowest && width <= usual.widest;
  return isUsual ? side / usual.micrometres : byRedCells;
}

/** The part of a box that is in the picture; at least one pixel if the box's centre is. */
export function insideOf(
  box: CropBox,
  picture: { readonly width: number; readonly height: number },
): CropBox {
  const left = Math.max(0, box.left);
  const top = Math.max(0, box.top);
  return {
    left,
    top,
    width: Math.max(1, Math.min(picture.width, box.left + box.width) - left),
    height: Math.max(1, Math.min(picture.height, box.top + box.height) - top),
  };
}
