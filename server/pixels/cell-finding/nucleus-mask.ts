import { scratch } from './scratch.js';
import { type Groups, type Mask, open } from './masks.js';
import type { Stain } from './stain.js';

/** A pixel can be of a nucleus only above this amount of dye, and this much above the median red cell of the picture. */
const DYE_AT_LEAST = 0.09;
const ABOVE_RED_CELLS = 0.09;
/** … and above this density; the empty slide and pale cytoplasm have less. */
const DENSITY_AT_LEAST = 0.2;
/** A nucleus is at least this part as dark as the darkest tenth of its cell; cytoplasm, even the blue one of blasts, is paler. */
const NUCLEUS_TO_DARKEST = 0.62;
/** Histograms have this many bins, of this width in units of optical density. */
const BINS = 128;
const DARKNESS_BIN = 1 / 32;
const DYE_BIN = 1 / 512;

/** The pixels that took up the dye of nuclei: nuclei, basophilic cytoplasm, platelets; no red cells. */
export function stainedMask(stain: Stain): Mask {
  const { width, height, dye, green } = stain;
  const least = Math.max(DYE_AT_LEAST, dyeOfRedCells(stain) + ABOVE_RED_CELLS);
  const values = scratch.uint8(dye.length);
  for (let index = 0; index < dye.length; index++) {
    if ((dye[index] ?? 0) > least && (green[index] ?? 0) > DENSITY_AT_LEAST) values[index] = 1;
  }
  return { width, height, values };
}

/** The median dye of dense pixels that hold little of it; 0 if there are none. */
function dyeOfRedCells({ dye, green }: Stain): number {
  const histogram = scratch.uint32(BINS);
  let count = 0;
  for (let index = 0; index < dye.length; index++) {
    const value = dye[index] ?? 0;
    if (value < 0 || value >= DYE_AT_LEAST || (green[index] ?? 0) < DENSITY_AT_LEAST) continue;
    const bin = Math.floor(value / DYE_BIN);
    histogram[bin] = (histogram[bin] ?? 0) + 1;
    count++;
  }
  let bin = 0;
  let seen = histogram[0] ?? 0;
  while (seen * 2 < count) seen += histogram[++bin] ?? 0;
  return bin * DYE_BIN;
}

/**
 * The pixels of nuclei among the stained ones. Each cell is compared with its own darkest pixels, so that a pale cell beside a dark one
 * is found too. Nuclei absorb more than cytoplasm in red and green together; the blue cytoplasm of blasts can
 * hold as much dye.
 *
 * @param cells the stained pixels, in one group for each cell
 */
export function nucleusMask({ width, height, red, green }: Stain, cells: Groups): Mask {
  const nuclei: Mask = { width, height, values: scratch.uint8(red.length) };
  const histogram = scratch.uint32(BINS);
  for (let cell = 0; cell < cells.count; cell++) {
    const start = cells.starts[cell] ?? 0;
    const end = cells.starts[cell + 1] ?? 0;
    histogram.fill(0);
    for (let at = start; at < end; at++) {
      const pixel = cells.pixels[at] ?? 0;
      const darkness = (red[pixel] ?? 0) + (green[pixel] ?? 0);
      const bin = Math.max(0, Math.min(BINS - 1, Math.floor(darkness / DARKNESS_BIN)));
      histogram[bin] = (histogram[bin] ?? 0) + 1;
    }
    let darkest = BINS - 1;
    let darker = histogram[darkest] ?? 0;
    while (darkest > 0 && darker * 10 < end - start) darker += histogram[--darkest] ?? 0;
    const threshold = NUCLEUS_TO_DARKEST * (darkest + 0.5) * DARKNESS_BIN;
    for (let at = start; at < end; at++) {
      const pixel = cells.pixels[at] ?? 0;
      if ((red[pixel] ?? 0) + (green[pixel] ?? 0) > threshold) nuclei.values[pixel] = 1;
    }
  }
  open(nuclei);
  return nuclei;
}
