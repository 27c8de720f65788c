import type { RedCells } from './red-cell-ruler.js';
import type { Pieces } from './split-touching.js';

/** Pieces with fewer pixels are specks. */
const SPECK = 12;
/** Twice the thickness of a typical piece of a nucleus, in red-cell diameters. */
const PIECE_TO_RED_CELL = 1.15;
/** Nuclei are never larger than this, in the measure above: then what was measured are specks and no red cells. */
const LARGEST_PIECE = 2.2;
/** Red cells whose borders are seen over less than this angle, in radians, can be arcs of clumps; then the nuclei must agree. */
const SURE_ANGLE = 3;
const AGREEMENT = 1.6;

/** What sizes are compared with, and the red cells that it comes from. */
export interface Unit {
  /** Diameter of a red cell, in pixels. */
  readonly length: number;
  /** `null` if no red cells were found, or none that can be real beside these nuclei. */
  readonly redCells: RedCells | null;
}

/**
 * The diameter of a red cell: as measured, or else from the thickness of the nuclei, a rough guess. Measured red cells are not believed if
 * they are tiny beside the nuclei, or if little of their borders is seen and the nuclei speak for another size. `null` if there is
 * neither.
 */
export function unitOf(redCells: RedCells | null, nuclei: Pieces): Unit | null {
  const typical = typicalWidth(nuclei);
  const isSure = redCells !== null && redCells.angle >= SURE_ANGLE;
  if (typical === null) return isSure ? { length: redCells.diameter, redCells } : null;
  const byNuclei = typical / PIECE_TO_RED_CELL;
  if (!redCells) return { length: byNuclei, redCells: null };
  const ratio = byNuclei / redCells.diameter;
  const agrees = ratio < AGREEMENT && ratio > 1 / AGREEMENT;
  if (ratio > LARGEST_PIECE || (!isSure && !agrees)) return { length: byNuclei, redCells: null };
  return { length: redCells.diameter, redCells };
}

/** Twice the thickness of the piece such that half of the pixels are in thicker ones; `null` if there are only specks. */
function typicalWidth({ count, starts, thickness }: Pieces): number | null {
  const pieces: { area: number; width: number }[] = [];
  for (let piece = 0; piece < count; piece++) {
    const area = (starts[piece + 1] ?? 0) - (starts[piece] ?? 0);
    if (area >= SPECK) pieces.push({ area, width: 2 * (thickness[piece] ?? 0) });
  }
  pieces.sort((one, other) => one.width - other.width);
  const total = pieces.reduce((sum, { area }) => sum + area, 0);
  let seen = 0;
  return pieces.find(({ area }) => (seen += area) * 2 >= total)?.width ?? null;
}
