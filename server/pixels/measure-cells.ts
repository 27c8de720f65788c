import { redCellDiameter } from './cell-frame.js';
import { findCells } from './find-cells.js';
import { contentOf } from './picture-content.js';

/** What a picture of a single cell shows. Diameters are in pixels of the picture, rounded to a tenth. */
export interface CellMeasurements {
  /** The number of white cells that the border of the picture does not cut off. */
  wholeCells: number;
  /** The cell that the picture is of; null if it shows no white cell. */
  subject: { diameter: number; isCutOff: boolean } | null;
  /** The median diameter of the red cells; null if the scale is unknown. */
  redCellDiameter: number | null;
}

/**
 * Finds the cells of a picture.
 * @param pixels `[height, width, 3]`, RGB 0–255
 * @param reduction by how much the picture was made smaller before; at least 1
 */
export function measureCells(
  pixels: Uint8Array,
  width: number,
  height: number,
  reduction: number,
): CellMeasurements {
  const found = findCells(pixels, width, height);
  const { subject, wholeCells } = contentOf(found, { width, height });
  const redCell = redCellDiameter(found.scale);
  const inPicture = (length: number) => Math.round(10 * length * reduction) / 10;
  return {
    wholeCells,
    subject: subject && { diameter: inPicture(subject.diameter), isCutOff: subject.isCutOff },
    redCellDiameter: redCell && inPicture(redCell),
  };
}
