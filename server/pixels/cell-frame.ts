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
  /** The side in micrometres, where red cells give the scale. */
  micrometres: number;
  /** The side as a multiple of the cell's own diameter, where the scale is unknown. */
  diameters: number;
}

/** The part of a picture that a network sees, in whole pixels. It may reach beyond the picture. */
export interface CellFrame extends CropBox {
  /** What its side was measured with. */
  readonly restsOn: 'RED_CELLS' | 'CELL';
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

/** The square around a cell that a network sees. */
export function frameCell(
  { centre, diameter }: Pick<FoundCell, 'centre' | 'diameter'>,
  scale: Scale | null,
  { micrometres, diameters }: CellFraming,
): CellFrame {
  const redCell = redCellDiameter(scale);
  const wanted = redCell === null ? diameters * diameter : (micrometres / RED_CELL_MICROMETRES) * redCell;
  const side = Math.max(1, Math.round(wanted));
  return {
    left: Math.round(centre.x - side / 2),
    top: Math.round(centre.y - side / 2),
    width: side,
    height: side,
    restsOn: redCell === null ? 'CELL' : 'RED_CELLS',
  };
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
