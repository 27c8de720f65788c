import { type Arc, arcsOf } from './circle-arcs.js';
import { type Contour, contoursOf } from './contours.js';
import { dilate, type Mask, open } from './masks.js';
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

const DENSITY_AT_LEAST = 0.1;
/** The border of a red cell is where it has this part of the median density of red cells. */
const BORDER_TO_MEDIAN = 0.35;
/** How much of a circle has to be seen against the empty slide, in radians. */
const ANGLE_AT_LEAST = 2.5;
/** Circles that cover less than this part of the stained area are chance shapes in a clump. */
const COVERED_AT_LEAST = 0.04;
const SMALLEST_DIAMETER = 5;
/** Larger circles, in parts of the shorter side of the picture, are clumps of cells. */
const LARGEST_DIAMETER = 0.5;

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
  let area = 0;
  const cells: Mask = { width, height, values: new Uint8Array(density.length) };
  for (let index = 0; index < density.length; index++) {
    if ((density[index] ?? 0) > threshold && near.values[index] === 0) {
      cells.values[index] = 1;
      area++;
    }
  }
  open(cells);
  const diameters = circles(contoursOf(cells, near), cells);
  if (diameters.length === 0) return null;
  const covered = diameters.reduce((sum, each) => sum + (Math.PI / 4) * each ** 2, 0);
  if (covered < COVERED_AT_LEAST * area) return null;
  const middle = medianByArea(diameters);
  const kept = diameters.filter((diameter) => Math.abs(diameter / middle - 1) < 0.3);
  const diameter = kept[kept.length >> 1] ?? middle;
  const spread = Math.max(0.1 * diameter, deviation(kept, diameter));
  return {
    diameter,
    uncertainty: (1.25 * spread) / Math.sqrt(kept.length),
    count: kept.length,
    red: medianWhere(stain.red, near, DENSITY_AT_LEAST) ?? 0,
    density: median,
  };
}

/** Diameters of the cells that the contours are arcs of, in rising order. The longest arc of a cell counts. */
function circles(contours: readonly Contour[], cells: Mask): Float64Array {
  const arcs = contours
    .flatMap((contour) => arcsOf(contour, SMALLEST_DIAMETER / 2, ANGLE_AT_LEAST))
    .sort((one, other) => other.angle - one.angle);
  const largest = LARGEST_DIAMETER * Math.min(cells.width, cells.height);
  const kept: Arc[] = [];
  for (const arc of arcs) {
    if (2 * arc.radius > largest || !isFilled(arc, cells)) continue;
    const isSame = (other: Arc) => Math.hypot(arc.x - other.x, arc.y - other.y) < 0.5 * Math.max(other.radius, arc.radius);
    if (!kept.some(isSame)) kept.push(arc);
  }
  return Float64Array.from(kept, ({ radius }) => 2 * radius).sort();
}

/** Whether the mask fills the circle: a circle just inside it is nearly everywhere in the mask, as far as it is in the picture. */
function isFilled({ x, y, radius }: Arc, { width, height, values }: Mask): boolean {
  let [inside, seen] = [0, 0];
  for (let point = 0; point < 24; point++) {
    const column = Math.floor(x + 0.85 * radius * Math.cos((point * Math.PI) / 12));
    const row = Math.floor(y + 0.85 * radius * Math.sin((point * Math.PI) / 12));
    if (column < 0 || row < 0 || column >= width || row >= height) continue;
    seen++;
    inside += values[row * width + column] ?? 0;
  }
  return inside >= 0.9 * seen;
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
