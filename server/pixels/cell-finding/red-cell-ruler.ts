import { scratch } from './scratch.js';
import { type Arc, arcsOf } from './circle-arcs.js';
import { type Contour, contoursOf } from './contours.js';
import { dilated, type Mask, open } from './masks.js';
import type { Stain } from './stain.js';

/** The red cells that were measured, in pixels of the working image. */
export interface RedCells {
  /** Median diameter. */
  readonly diameter: number;
  /** Standard error of that median. */
  readonly uncertainty: number;
  readonly count: number;
  /** Over how much of a circle the borders of all of them together are seen, in radians. */
  readonly angle: number;
  /** Median optical density in green. */
  readonly density: number;
}

const DENSITY_AT_LEAST = 0.1;
/** The border of a red cell is where it has this part of the median density of red cells. */
const BORDER_TO_MEDIAN = 0.35;
/** How much of a circle has to be seen against the empty slide, in radians. */
const ANGLE_AT_LEAST = 2.5;
const SMALLEST_DIAMETER = 5;
/**
 * How much larger circles look, in pixels: the mean of 3 × 3 pixels and a threshold below half of the density move the border outwards by
 * half a pixel. Measured on drawn discs of 8 to 34 pixels at four reductions: 0.7 to 1.4.
 */
const BORDER_SPREAD = 1;
/** Larger circles, in parts of the shorter side of the picture, are clumps of cells. */
const LARGEST_DIAMETER = 0.5;
/** Circles that cover less than this part of the stained area are chance shapes in a clump. */
const COVERED_AT_LEAST = 0.04;
/** Circles are kept within this part of the median. */
const WITHIN_MEDIAN = 0.3;
/** The least standard deviation of the diameters, in parts of their median: so that few cells do not look exact. */
const SPREAD_AT_LEAST = 0.1;
/** Standard error of a median over that of a mean, for a normal distribution: √(π/2). */
const MEDIAN_TO_MEAN = 1.25;

/**
 * Measures the red cells: circles that are seen over at least 143° of their border, alone or in a clump. Circles count by their
 * area, so platelets and dirt do not outweigh cells. `null` if there are none.
 *
 * @param stained the pixels that took up the dye of nuclei
 */
export function measureRedCells({ width, height, green }: Stain, stained: Mask): RedCells | null {
  const excluded = dilated(stained);
  const density = medianOutside(green, excluded);
  if (density === null) return null;
  const threshold = Math.max(DENSITY_AT_LEAST, BORDER_TO_MEDIAN * density);
  const cells: Mask = { width, height, values: scratch.uint8(green.length) };
  let area = 0;
  for (let index = 0; index < green.length; index++) {
    if ((green[index] ?? 0) <= threshold || excluded.values[index] === 1) continue;
    cells.values[index] = 1;
    area++;
  }
  open(cells);
  const circles = circlesOf(contoursOf(cells, excluded), cells);
  const covered = circles.reduce((sum, { diameter }) => sum + (Math.PI / 4) * diameter ** 2, 0);
  if (circles.length === 0 || covered < COVERED_AT_LEAST * area) return null;
  const middle = medianByArea(circles);
  const alike = circles.filter(({ diameter }) => Math.abs(diameter / middle - 1) < WITHIN_MEDIAN);
  const kept = alike.map(({ diameter }) => diameter);
  const diameter = kept[kept.length >> 1] ?? middle;
  const squares = kept.reduce((sum, each) => sum + (each - diameter) ** 2, 0);
  const spread = Math.max(SPREAD_AT_LEAST * diameter, Math.sqrt(squares / kept.length));
  return {
    diameter,
    uncertainty: (MEDIAN_TO_MEAN * spread) / Math.sqrt(kept.length),
    count: kept.length,
    angle: alike.reduce((sum, { angle }) => sum + angle, 0),
    density,
  };
}

/** A red cell, and the angle over which its border is seen. */
interface Circle {
  readonly diameter: number;
  readonly angle: number;
}

/** The cells that the contours are arcs of, in rising order of diameter. The longest arc of a cell counts. */
function circlesOf(contours: readonly Contour[], cells: Mask): Circle[] {
  const largest = LARGEST_DIAMETER * Math.min(cells.width, cells.height);
  const arcs = contours
    .flatMap((contour) => arcsOf(contour, SMALLEST_DIAMETER / 2, ANGLE_AT_LEAST))
    .filter((arc) => 2 * arc.radius <= largest && isFilled(arc, cells))
    .sort((one, other) => other.angle - one.angle);
  const kept = new SeparateCircles();
  for (const arc of arcs) kept.addUnlessKnown(arc);
  return kept.circles
    .map(({ radius, angle }) => ({ diameter: 2 * radius - BORDER_SPREAD, angle }))
    .sort((one, other) => one.diameter - other.diameter);
}

/** Circles of different cells: two circles are of one cell if their centres are nearer than half the larger radius. */
class SeparateCircles {
  readonly circles: Arc[] = [];
  /** Circles by the column of their centre: only those in near columns are compared. */
  private readonly byColumn = new Map<number, Arc[]>();
  private largestRadius = 0;

  addUnlessKnown(arc: Arc): void {
    const reach = Math.max(this.largestRadius, arc.radius) / 2 + 1;
    for (let column = Math.floor(arc.x - reach); column <= arc.x + reach; column++) {
      for (const other of this.byColumn.get(column) ?? []) {
        if (Math.hypot(arc.x - other.x, arc.y - other.y) < Math.max(arc.radius, other.radius) / 2) return;
      }
    }
    this.circles.push(arc);
    this.largestRadius = Math.max(this.largestRadius, arc.radius);
    const column = Math.floor(arc.x);
    const known = this.byColumn.get(column);
    if (known) known.push(arc);
    else this.byColumn.set(column, [arc]);
  }
}

/** Whether a circle just inside this one is nearly everywhere in the mask, as far as it is in the picture. */
function isFilled({ x, y, radius }: Arc, { width, height, values }: Mask): boolean {
  let inside = 0;
  let seen = 0;
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
function medianByArea(sorted: readonly Circle[]): number {
  const area = sorted.reduce((sum, { diameter }) => sum + diameter ** 2, 0);
  let seen = 0;
  return sorted.find(({ diameter }) => (seen += diameter ** 2) * 2 >= area)?.diameter ?? 0;
}

/** The median density of the stained pixels outside a mask, to 1/64; `null` if there are fewer than 30. */
function medianOutside(green: Float32Array, excluded: Mask): number | null {
  const histogram = scratch.uint32(256);
  let count = 0;
  for (let index = 0; index < green.length; index++) {
    const value = green[index] ?? 0;
    if (value < DENSITY_AT_LEAST || excluded.values[index] === 1) continue;
    const bin = Math.min(255, Math.floor(value * 64));
    histogram[bin] = (histogram[bin] ?? 0) + 1;
    count++;
  }
  if (count < 30) return null;
  let seen = 0;
  return (histogram.findIndex((frequency) => (seen += frequency) * 2 >= count) + 0.5) / 64;
}
