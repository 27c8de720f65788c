import { unitOf, type Unit } from './cell-unit.js';
import { withoutCytoplasm } from './choose-nuclei.js';
import { fillHoles, type Mask } from './masks.js';
import { measurePieces, type Nucleus } from './nuclei.js';
import { nucleusMask, stainedMask } from './nucleus-mask.js';
import { measureRedCells, type RedCells } from './red-cell-ruler.js';
import { type Pieces, splitTouching } from './split-touching.js';
import type { Stain } from './stain.js';

/** Parts of nuclei, before lobes are joined. */
export interface Parts {
  readonly parts: readonly Nucleus[];
  readonly pieces: Pieces;
  readonly unit: Unit;
}

/** A red cell's diameter in parts of the shorter side, assumed until something is measured: as in pictures of single cells. */
const ASSUMED_DIAMETER = 0.28;
/** Where a neck is narrower than this part of what it connects, there are two pieces. */
const NECK = 0.72;
/** Pieces that are nowhere thicker (radius, in red-cell diameters) are not split off. */
const CELL_THICKNESS = 0.35;
const LOBE_THICKNESS = 0.18;
/** The largest hole in a nucleus, and the smallest part: in squares and in areas of a red cell's diameter. */
const LARGEST_HOLE = 0.2;
const SMALLEST_PART = 0.03;

/** Where the nuclei show that cells are smaller than assumed by more than this factor, the search is repeated. */
const WRONG_BY = 1.5;

/** Finds the parts of nuclei: stained cells first, then the nucleus in each, split where it is narrow. */
export function findParts(stain: Stain): Parts {
  const stained = stainedMask(stain);
  const redCells = measureRedCells(stain, stained);
  const assumed = redCells?.diameter ?? ASSUMED_DIAMETER * Math.min(stain.width, stain.height);
  const first = splitNuclei(stain, stained, redCells, assumed);
  const { unit, pieces } =
    assumed > WRONG_BY * first.unit.length ? splitNuclei(stain, stained, redCells, first.unit.length) : first;
  const smallest = SMALLEST_PART * (Math.PI / 4) * unit.length ** 2;
  return { parts: withoutCytoplasm(measurePieces(pieces, stain, smallest), unit.length), pieces, unit };
}

/** @param diameter a red cell's, assumed for what is too thin to be a cell or a lobe */
function splitNuclei(
  stain: Stain,
  stained: Mask,
  redCells: RedCells | null,
  diameter: number,
): { pieces: Pieces; unit: Unit } {
  const cells = splitTouching(stained, { neck: NECK, thinnest: CELL_THICKNESS * diameter });
  const nuclei = nucleusMask(stain, cells);
  fillHoles(nuclei, LARGEST_HOLE * diameter ** 2);
  const pieces = splitTouching(nuclei, { neck: NECK, thinnest: LOBE_THICKNESS * diameter });
  return { pieces, unit: unitOf(redCells, pieces) ?? { length: diameter, redCells: null } };
}
