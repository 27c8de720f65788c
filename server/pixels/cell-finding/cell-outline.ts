import type { RedCells } from './red-cell-ruler.js';
import type { Nucleus } from './nuclei.js';
import type { Pieces } from './split-touching.js';
import type { Stain } from './stain.js';

/** The border of a whole cell, in pixels of the working image. */
export interface Outline {
  readonly left: number;
  readonly top: number;
  /** One past the last column and row. */
  readonly right: number;
  readonly bottom: number;
  /** Diameter of the circle of the same area. */
  readonly diameter: number;
  readonly radii: Float64Array;
  readonly isCutOff: boolean;
}

const RAYS = 32;
const COSINES = Float64Array.from({ length: RAYS }, (_, k) => Math.cos((2 * Math.PI * k) / RAYS));
const SINES = Float64Array.from({ length: RAYS }, (_, k) => Math.sin((2 * Math.PI * k) / RAYS));
/** Cytoplasm is never wider than this, in red-cell diameters. */
const WIDEST = 0.8;
const SLIDE_BELOW = 0.07;

/**
 * Finds the border of the cell around a nucleus on 32 rays from its centre: where the empty slide begins. Rays that meet
 * another nucleus, a red cell or the border of the picture first see only a part of the cytoplasm; for those the
 * median width of the cytoplasm on the other rays counts, if it is larger.
 */
export function outlineOf(
  nucleus: Nucleus,
  owners: Int32Array,
  number: number,
  pieces: Pieces,
  stain: Stain,
  redCells: RedCells | null,
  unit: number,
): Outline {
  const { width, height, density, dye } = stain;
  const centreX = nucleus.sumX / nucleus.area;
  const centreY = nucleus.sumY / nucleus.area;
  const nuclear = new Float64Array(RAYS);
  const reached = new Float64Array(RAYS);
  const isClear = new Uint8Array(RAYS);
  const atBorder = new Uint8Array(RAYS);
  const redDensity = redCells ? 0.7 * redCells.density : Infinity;
  const clearWidths: number[] = [];
  for (let ray = 0; ray < RAYS; ray++) {
    const stepX = COSINES[ray] ?? 0;
    const stepY = SINES[ray] ?? 0;
    let inNucleus = 0;
    let r = 0;
    let end = 0;
    let clear = 0;
    for (; ; r++) {
      const x = Math.round(centreX + r * stepX);
      const y = Math.round(centreY + r * stepY);
      if (x < 0 || y < 0 || x >= width || y >= height) {
        atBorder[ray] = 1;
        break;
      }
      const pixel = y * width + x;
      const label = pieces.labels[pixel] ?? 0;
      const owner = label === 0 ? 0 : (owners[label - 1] ?? 0);
      if (owner === number) {
        inNucleus = r + 0.5;
        end = r + 0.5;
        continue;
      }
      if (r - inNucleus > WIDEST * unit && r > 0.6 * unit) break;
      const value = density[pixel] ?? 0;
      if (r > inNucleus && owner !== 0 && r * 2 > unit * 0.6) break;
      if (value < SLIDE_BELOW) {
        if (r * r * Math.PI > nucleus.area * 0.5) { clear = 1; break; }
      } else if (value > redDensity && (dye[pixel] ?? 0) < 0.1 && r > inNucleus + 1 && r * r * Math.PI > nucleus.area) break;
      end = r + 0.5;
    }
    nuclear[ray] = inNucleus;
    reached[ray] = end;
    isClear[ray] = clear;
    if (clear === 1) clearWidths.push(end - inNucleus);
  }
  clearWidths.sort((a, b) => a - b);
  const typical = clearWidths.length >= 4 ? (clearWidths[clearWidths.length >> 1] ?? 0) : 0.15 * unit;
  let area = 0;
  let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity];
  let beyond = 0;
  for (let ray = 0; ray < RAYS; ray++) {
    if (isClear[ray] === 0) {
      const expected = (nuclear[ray] ?? 0) + typical;
      if (atBorder[ray] === 1 && expected >= (reached[ray] ?? 0) + 1) beyond++;
      reached[ray] = atBorder[ray] === 1 ? (reached[ray] ?? 0) : Math.min(reached[ray] ?? 0, expected + 0.15 * unit);
    }
    const r = reached[ray] ?? 0;
    const x = centreX + 0.5 + r * (COSINES[ray] ?? 0);
    const y = centreY + 0.5 + r * (SINES[ray] ?? 0);
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  }
  for (let ray = 0; ray < RAYS; ray++) area += (reached[ray] ?? 0) * (reached[(ray + 1) % RAYS] ?? 0);
  area *= Math.sin((2 * Math.PI) / RAYS) / 2;
  return {
    left: Math.max(0, left),
    top: Math.max(0, top),
    right: Math.min(width, right),
    bottom: Math.min(height, bottom),
    diameter: 2 * Math.sqrt(area / Math.PI),
    radii: reached,
    isCutOff: nucleus.isAtBorder || beyond >= 3,
  };
}
