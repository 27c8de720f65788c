import type { Unit } from './cell-unit.js';
import { gap, type Nucleus, pairsWithin, widths } from './nuclei.js';

/** A nucleus has at least this area, in areas of a red cell; platelets are smaller. Those cut off by the border may show less. */
const AREA_AT_LEAST = 0.35;
const CUT_OFF_AREA_AT_LEAST = 0.2;
/** … and at least this many pixels of the working image: less is noise. */
const PIXELS_AT_LEAST = 30;
/** Where no red cell gives the scale, a nucleus is at least this part of the shorter side wide … */
const WIDTH_WITHOUT_SCALE = 0.14;
/**
 * … or else there are at least so many round ones of about the same width, which make up most of what took up the dye. They must be at
 * least this part of the shorter side wide, and so many pixels of the working image: specks of dirt are smaller.
 */
const ALIKE_AT_LEAST = 3;
const ALIKE_WITHIN = 1.6;
const ALIKE_WIDTH = 0.03;
const ALIKE_PIXELS = 8;
/** … and hold this much dye, which pale smudges do not. */
const ALIKE_DYE = 0.2;
/** Half the width where a round nucleus is thickest, over the root of its area: 0.56 for a disc, 0.5 for a square. */
const ROUND_AT_LEAST = 0.4;
/** Half the width of a nucleus where it is thickest, over the root of its area: 0.56 for a disc, 0.25 for a band, 0.15 for letters. */
const THICKNESS_AT_LEAST = 0.2;
const DYE_AT_LEAST = 0.11;
/** The darkness of a nucleus is at least this part of that of the darkest one. */
const TO_DARKEST = 0.4;
/** A part that is paler than this part of a larger neighbour, less than half as large, and near, is that neighbour's cytoplasm. */
const CYTOPLASM_BELOW = 0.75;
const CYTOPLASM_WITHIN = 1.5;

/**
 * A nucleus of less than this area, in areas of a red cell, and of this part of a neighbour's area, is a fragment of that neighbour if no
 * straight gap separates them: red cells squeeze prongs out of the nuclei of blasts.
 */
const FRAGMENT_BELOW = 0.6;
const FRAGMENT_TO_NEIGHBOUR = 0.4;
/** Centres of such neighbours are nearer than this, in red-cell diameters. */
const NEIGHBOUR_WITHIN = 3;

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
    return nucleus.thickness >= THICKNESS_AT_LEAST * Math.sqrt(nucleus.area);
  });
  const sure =
    unit.redCells !== null || areAlike(large, nuclei, shorter)
      ? large
      : large.filter((nucleus) => widths(nucleus).greatest >= WIDTH_WITHOUT_SCALE * shorter);
  const fragments = fragmentsOf(sure, unit.length);
  const darkest = sure.reduce((most, nucleus) => Math.max(most, darkness(nucleus)), 0);
  return sure.filter((nucleus, at) => !fragments.has(at) && darkness(nucleus) >= TO_DARKEST * darkest);
}

/** The numbers of the nuclei that are fragments of larger neighbours. */
function fragmentsOf(nuclei: readonly Nucleus[], unit: number): ReadonlySet<number> {
  const fragments = new Set<number>();
  const largest = FRAGMENT_BELOW * (Math.PI / 4) * unit ** 2;
  for (const [first, second] of pairsWithin(nuclei, NEIGHBOUR_WITHIN * unit)) {
    const [one, other] = [nuclei[first], nuclei[second]];
    if (!one || !other) continue;
    const [small, large, number] = one.area < other.area ? [one, other, first] : [other, one, second];
    if (small.isAtBorder || small.area > Math.min(largest, FRAGMENT_TO_NEIGHBOUR * large.area)) continue;
    if (gap(small, large) === 0) fragments.add(number);
  }
  return fragments;
}

/** Whether most of what took up the dye, by area, are round nuclei of about the same width. */
function areAlike(large: readonly Nucleus[], all: readonly Nucleus[], shorter: number): boolean {
  const round = large
    .filter(({ thickness, area, dye }) => dye >= ALIKE_DYE && thickness >= ROUND_AT_LEAST * Math.sqrt(area))
    .sort((one, other) => one.thickness - other.thickness);
  const typical = round[round.length >> 1]?.thickness ?? 0;
  if (2 * typical < Math.max(ALIKE_PIXELS, ALIKE_WIDTH * shorter)) return false;
  const alike = round.filter(
    ({ thickness }) => thickness < ALIKE_WITHIN * typical && thickness > typical / ALIKE_WITHIN,
  );
  const areaOf = (nuclei: readonly Nucleus[]) => nuclei.reduce((sum, { area }) => sum + area, 0);
  return alike.length >= ALIKE_AT_LEAST && areaOf(alike) > areaOf(all) / 2;
}

/** Optical density in red and dye together. */
function darkness({ red, dye }: Nucleus): number {
  return red + dye;
}
