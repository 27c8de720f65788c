import type { Unit } from './cell-unit.js';
import { type Nucleus, pairsWithin, widths } from './nuclei.js';

/** A nucleus has at least this area, in areas of a red cell; platelets are smaller. Those cut off by the border may show less. */
const AREA_AT_LEAST = 0.35;
const CUT_OFF_AREA_AT_LEAST = 0.2;
/** … and at least this many pixels of the working image: less is noise. */
const PIXELS_AT_LEAST = 30;
/** Where no red cell gives the scale, a nucleus is at least this part of the shorter side wide. */
const WIDTH_WITHOUT_SCALE = 0.14;
/** Half the width of a nucleus where it is thickest, over the root of its area: 0.56 for a disc, 0.25 for a band, 0.15 for letters. */
const THICKNESS_AT_LEAST = 0.2;
const DYE_AT_LEAST = 0.11;
/** The darkness of a nucleus is at least this part of that of the darkest one. */
const TO_DARKEST = 0.4;
/** A part that is paler than this part of a larger neighbour, less than half as large, and near, is that neighbour's cytoplasm. */
const CYTOPLASM_BELOW = 0.75;
const CYTOPLASM_WITHIN = 1.5;

/** Leaves out the parts that are basophilic cytoplasm of a larger, darker neighbour. */
export function withoutCytoplasm(parts: readonly Nucleus[], unit: number): Nucleus[] {
  const isCytoplasm = new Set<number>();
  const consider = (part: number, beside: number) => {
    const [small, large] = [parts[part], parts[beside]];
    if (!small || !large || small.area > 0.5 * large.area) return;
    if (darkness(small) < CYTOPLASM_BELOW * darkness(large)) isCytoplasm.add(part);
  };
  for (const [one, other] of pairsWithin(parts, CYTOPLASM_WITHIN * unit)) {
    consider(one, other);
    consider(other, one);
  }
  return parts.filter((_, part) => !isCytoplasm.has(part));
}

/**
 * Chooses the nuclei of white cells from all that took up the dye: not platelets, specks, letters and pale red cells.
 *
 * @param shorter the shorter side of the working image, in pixels
 */
export function chooseNuclei(nuclei: readonly Nucleus[], unit: Unit, shorter: number): Nucleus[] {
  const area = (Math.PI / 4) * unit.length ** 2;
  const large = nuclei.filter((nucleus) => {
    if (nucleus.area < (nucleus.isAtBorder ? CUT_OFF_AREA_AT_LEAST : AREA_AT_LEAST) * area) return false;
    if (nucleus.area < PIXELS_AT_LEAST || nucleus.dye < DYE_AT_LEAST) return false;
    if (nucleus.thickness < THICKNESS_AT_LEAST * Math.sqrt(nucleus.area)) return false;
    return unit.redCells !== null || widths(nucleus).greatest >= WIDTH_WITHOUT_SCALE * shorter;
  });
  const darkest = large.reduce((most, nucleus) => Math.max(most, darkness(nucleus)), 0);
  return large.filter((nucleus) => darkness(nucleus) >= TO_DARKEST * darkest);
}

/** Optical density in red and dye together. */
function darkness({ red, dye }: Nucleus): number {
  return red + dye;
}
