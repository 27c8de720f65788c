import { type Groups, type Mask, open } from './masks.js';
import type { Stain } from './stain.js';

/** A pixel can be of a nucleus only above this amount of dye; red cells have up to 0.08 on the slides of three laboratories. */
const DYE_AT_LEAST = 0.12;
/** … and above this density; slide and pale cytoplasm have less. */
const DENSITY_AT_LEAST = 0.2;
/** Within a stained area, the nucleus has at least this part of the dye of its darkest pixels; cytoplasm has less. */
const NUCLEUS_TO_DARKEST = 0.62;
const BINS = 128;
const BINS_PER_UNIT = 64;

/**
 * The pixels of nuclei (also of platelets and of other things that take up the dye): those with more dye than red cells, and
 * with at least half of the dye of the darkest tenth of the stained area that they are in.
 */
export function stainedMask(stain: Stain): Mask {
  const { width, height, dye, density } = stain;
  const stained: Mask = { width, height, values: new Uint8Array(dye.length) };
  const least = Math.max(DYE_AT_LEAST, dyeOfRedCells(stain) + 0.09);
  for (let index = 0; index < dye.length; index++) {
    if ((dye[index] ?? 0) > least && (density[index] ?? 0) > DENSITY_AT_LEAST) stained.values[index] = 1;
  }
  return stained;
}

export function nucleusMask({ width, height, density, red }: Stain, areas: Groups): Mask {
  const dark = (pixel: number) => (red[pixel] ?? 0) + (density[pixel] ?? 0);
  const nuclei: Mask = { width, height, values: new Uint8Array(red.length) };
  const histogram = new Uint32Array(BINS);
  for (let area = 0; area < areas.count; area++) {
    const start = areas.starts[area] ?? 0;
    const end = areas.starts[area + 1] ?? 0;
    histogram.fill(0);
    for (let at = start; at < end; at++) {
      const bin = Math.min(BINS - 1, Math.floor(dark(areas.pixels[at] ?? 0) * (BINS_PER_UNIT / 2)));
      histogram[bin] = (histogram[bin] ?? 0) + 1;
    }
    let darkest = BINS - 1;
    for (let above = 0; darkest > 0; darkest--) {
      above += histogram[darkest] ?? 0;
      if (above * 10 >= end - start) break;
    }
    const threshold = (NUCLEUS_TO_DARKEST * (darkest + 0.5)) / (BINS_PER_UNIT / 2);
    for (let at = start; at < end; at++) {
      const pixel = areas.pixels[at] ?? 0;
      if (dark(pixel) > threshold) nuclei.values[pixel] = 1;
    }
  }
  open(nuclei);
  return nuclei;
}

/** The median of the dye in stained pixels that hold little of it; 0 where there are none. */
function dyeOfRedCells({ dye, density }: Stain): number {
  const histogram = new Uint32Array(BINS);
  let count = 0;
  for (let index = 0; index < dye.length; index++) {
    const value = dye[index] ?? 0;
    if ((density[index] ?? 0) < DENSITY_AT_LEAST || value < 0 || value >= DYE_AT_LEAST) continue;
    const bin = Math.floor(value * BINS_PER_UNIT * 8);
    histogram[bin] = (histogram[bin] ?? 0) + 1;
    count++;
  }
  let bin = 0;
  for (let seen = 0; bin < BINS - 1; bin++) {
    seen += histogram[bin] ?? 0;
    if (seen * 2 >= count) break;
  }
  return bin / (BINS_PER_UNIT * 8);
}


