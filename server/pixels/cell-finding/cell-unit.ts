import type { RedCells } from './red-cell-ruler.js';
import type { Groups } from './masks.js';

/** Pieces with fewer pixels are specks. */
const SPECK = 12;
/** Diameter of the circle of the area of a typical piece of a nucleus, in red-cell diameters, and the standard deviation of its logarithm. */
const PIECE_TO_RED_CELL = 1.25;
const PIECE_SPREAD = 0.35;
/** Standard deviation of the logarithm of a red cell's diameter as measured here, beyond its statistical uncertainty. */
const RED_CELL_SPREAD = 0.08;
/** Nuclei are never larger than this, in the measure above: then what was measured are specks and no red cells. */
const LARGEST_PIECE = 2.2;
/** Below this the pieces are small lobes, platelets or dirt, and say nothing about the scale. */
const SMALLEST_PIECE = 0.5;

/** What sizes are compared with, and the red cells that it comes from. */
export interface Unit {
  /** Diameter of a red cell, in pixels. */
  readonly length: number;
  /** `null` if no red cells were found, or none that can be real beside these nuclei. */
  readonly redCells: RedCells | null;
}

/**
 * Decides the diameter of a red cell from the measured red cells and the nuclei, each by how sure it is (the mean of the
 * logarithms, weighted by their variances). Without usable red cells the nuclei alone decide. `null` if there is neither.
 */
export function unitOf(redCells: RedCells | null, nuclei: Groups): Unit | null {
  const typical = typicalDiameter(nuclei);
  if (typical === null) return redCells && { length: redCells.diameter, redCells };
  const byNuclei = typical / PIECE_TO_RED_CELL;
  if (!redCells || byNuclei > LARGEST_PIECE * redCells.diameter) return { length: byNuclei, redCells: null };
  if (byNuclei < SMALLEST_PIECE * redCells.diameter) return { length: redCells.diameter, redCells };
  const ofRedCells = 1 / (RED_CELL_SPREAD ** 2 + (redCells.uncertainty / redCells.diameter) ** 2);
  const ofNuclei = 1 / PIECE_SPREAD ** 2;
  const mean =
    (ofRedCells * Math.log(redCells.diameter) + ofNuclei * Math.log(byNuclei)) / (ofRedCells + ofNuclei);
  return { length: Math.exp(mean), redCells };
}

/** Diameter of the circle of the area such that half of the pixels are in larger pieces; `null` if there are only specks. */
function typicalDiameter({ count, starts }: Groups): number | null {
  const areas: number[] = [];
  for (let piece = 0; piece < count; piece++) {
    const area = (starts[piece + 1] ?? 0) - (starts[piece] ?? 0);
    if (area >= SPECK) areas.push(area);
  }
  if (areas.length === 0) return null;
  areas.sort((one, other) => one - other);
  const total = areas.reduce((sum, area) => sum + area, 0);
  let seen = 0;
  const median = areas.find((area) => (seen += area) * 2 >= total) ?? 0;
  return Math.sqrt((4 * median) / Math.PI);
}
