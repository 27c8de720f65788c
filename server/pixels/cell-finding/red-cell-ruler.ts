import { dilate, fillHoles, isAtBorder, type Mask, open } from './masks.js';
import { type Pieces, splitTouching } from './split-touching.js';
import type { Stain } from './stain.js';

/** The red cells that were measured, in pixels of the working image. */
export interface RedCells {
  /** Median diameter. */
  readonly diameter: number;
  /** Standard error of the diameter. */
  readonly uncertainty: number;
  readonly count: number;
  /** Median optical density in red and in green. */
  readonly red: number;
  readonly density: number;
}

const DENSITY_AT_LEAST = 0.12;
/** The border of a red cell is where it has this part of the median density of red cells. */
const BORDER_TO_MEDIAN = 0.45;
/** How much of a circle has to be seen against the empty slide, and how far it may be from a circle, of the radius. */
const ARC_AT_LEAST = 0.6;
const DEVIATION_AT_MOST = 0.07;
const SMALLEST_DIAMETER = 5;
const ARC_BINS = 24;

/**
 * Measures red cells: pieces of the stained area without nuclei, split where they touch, to whose free border a circle fits. The
 * circle is fitted by least squares (Kåsa 1976). Circles count by their area, so platelets and dirt do not outweigh
 * cells, and only circles within 30 % of the median are kept. `null` if there are none.
 */
export function measureRedCells(stain: Stain, stained: Mask): RedCells | null {
  const { width, height, density } = stain;
  const near: Mask = { width, height, values: new Uint8Array(density.length) };
  dilate(stained, near.values);
  const median = medianWhere(density, near, DENSITY_AT_LEAST);
  if (median === null) return null;
  const threshold = Math.max(DENSITY_AT_LEAST, BORDER_TO_MEDIAN * median);
  const cells: Mask = { width, height, values: new Uint8Array(density.length) };
  for (let index = 0; index < density.length; index++) {
    if ((density[index] ?? 0) > threshold && near.values[index] === 0) cells.values[index] = 1;
  }
  fillHoles(cells, (width * height) / 100);
  open(cells);
  const pieces = splitTouching(cells, { neck: 0.75, thinnest: 1 });
  const diameters = circles(pieces, cells, near);
  if (diameters.length === 0) return null;
  const middle = medianByArea(diameters);
  const kept = diameters.filter((diameter) => Math.abs(diameter / middle - 1) < 0.3);
  const diameter = kept[kept.length >> 1] ?? middle;
  const spread = Math.max(0.06 * diameter, deviation(kept, diameter));
  return {
    diameter,
    uncertainty: (1.25 * spread) / Math.sqrt(kept.length),
    count: kept.length,
    red: medianWhere(stain.red, near, DENSITY_AT_LEAST) ?? 0,
    density: median,
  };
}

/** Diameters of the pieces that are parts of circles, in rising order. */
function circles(pieces: Pieces, { width, height, values }: Mask, near: Mask): Float64Array {
  const found: number[] = [];
  const bins = new Uint8Array(ARC_BINS);
  const free = new Int32Array(pieces.pixels.length);
  for (let piece = 0; piece < pieces.count; piece++) {
    const start = pieces.starts[piece] ?? 0;
    const end = pieces.starts[piece + 1] ?? 0;
    if (end - start < (Math.PI / 4) * SMALLEST_DIAMETER ** 2) continue;
    const origin = pieces.pixels[start] ?? 0;
    const originX = origin % width;
    const originY = Math.floor(origin / width);
    let count = 0;
    // Sums of the normal equations of x² + y² = 2ax + 2by + c.
    let [sx, sy, sxx, syy, sxy, sz, sxz, syz] = [0, 0, 0, 0, 0, 0, 0, 0];
    for (let at = start; at < end; at++) {
      const pixel = pieces.pixels[at] ?? 0;
      if (isAtBorder(pixel, width, height)) continue;
      const isFree =
        (values[pixel - 1] === 0 && near.values[pixel - 1] === 0) ||
        (values[pixel + 1] === 0 && near.values[pixel + 1] === 0) ||
        (values[pixel - width] === 0 && near.values[pixel - width] === 0) ||
        (values[pixel + width] === 0 && near.values[pixel + width] === 0);
      if (!isFree) continue;
      free[count++] = pixel;
      const column = pixel % width;
      const x = column - originX;
      const y = (pixel - column) / width - originY;
      const z = x * x + y * y;
      sx += x;
      sy += y;
      sxx += x * x;
      syy += y * y;
      sxy += x * y;
      sz += z;
      sxz += x * z;
      syz += y * z;
    }
    if (count < 8) continue;
    const xx = sxx - (sx * sx) / count;
    const yy = syy - (sy * sy) / count;
    const xy = sxy - (sx * sy) / count;
    const xz = (sxz - (sx * sz) / count) / 2;
    const yz = (syz - (sy * sz) / count) / 2;
    const determinant = xx * yy - xy * xy;
    if (determinant <= 1e-9 * xx * yy) continue;
    const centreX = (xz * yy - yz * xy) / determinant;
    const centreY = (yz * xx - xz * xy) / determinant;
    const radius = Math.sqrt(
      (sz - 2 * centreX * sx - 2 * centreY * sy) / count + centreX * centreX + centreY * centreY,
    );
    // The border runs half a pixel outside the centres of the outermost pixels.
    const diameter = 2 * radius + 1;
    if (!(diameter >= SMALLEST_DIAMETER) || (end - start) > 1.15 * (Math.PI / 4) * diameter ** 2) continue;
    bins.fill(0);
    let squares = 0;
    for (let at = 0; at < count; at++) {
      const pixel = free[at] ?? 0;
      const column = pixel % width;
      const x = column - originX - centreX;
      const y = (pixel - column) / width - originY - centreY;
      squares += (Math.hypot(x, y) - radius) ** 2;
      bins[Math.min(ARC_BINS - 1, Math.floor((Math.atan2(y, x) / (2 * Math.PI) + 0.5) * ARC_BINS))] = 1;
    }
    let arc = 0;
    for (let bin = 0; bin < ARC_BINS; bin++) arc += bins[bin] ?? 0;
    if (arc < ARC_AT_LEAST * ARC_BINS) continue;
    if (Math.sqrt(squares / count) > DEVIATION_AT_MOST * radius + 0.2) continue;
    found.push(diameter);
  }
  return Float64Array.from(found).sort();
}

/** The diameter below which half of the area of all circles is. */
function medianByArea(sorted: Float64Array): number {
  const area = sorted.reduce((sum, diameter) => sum + diameter ** 2, 0);
  let seen = 0;
  return sorted.find((diameter) => (seen += diameter ** 2) * 2 >= area) ?? 0;
}

function deviation(values: Float64Array, middle: number): number {
  return Math.sqrt(values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / values.length);
}

/** The median of the values above `least` outside `excluded`, to 1/64; `null` if there are fewer than 30. */
function medianWhere(plane: Float32Array, excluded: Mask, least: number): number | null {
  const histogram = new Uint32Array(256);
  let count = 0;
  for (let index = 0; index < plane.length; index++) {
    const value = plane[index] ?? 0;
    if (value < least || excluded.values[index] === 1) continue;
    const bin = Math.min(255, Math.floor(value * 64));
    histogram[bin] = (histogram[bin] ?? 0) + 1;
    count++;
  }
  if (count < 30) return null;
  let seen = 0;
  return (histogram.findIndex((frequency) => (seen += frequency) * 2 >= count) + 0.5) / 64;
}
