import type { RedCells } from './red-cell-ruler.js';
import { cosinesTo, hullRadius, type Nucleus } from './nuclei.js';
import type { Stain } from './stain.js';

/** The border of a whole cell with its cytoplasm, in pixels of the working image. */
export interface CellOutline {
  /** Points of the border, `[32, 2]`: x, y. */
  readonly points: Float64Array;
  readonly centre: { readonly x: number; readonly y: number };
  readonly area: number;
  /** Whether the border of the picture cuts the cell. */
  readonly isCutOff: boolean;
}

const RAYS = 32;
const COSINES = Float64Array.from({ length: RAYS }, (_, ray) => Math.cos((2 * Math.PI * ray) / RAYS));
const SINES = Float64Array.from({ length: RAYS }, (_, ray) => Math.sin((2 * Math.PI * ray) / RAYS));
/** By ray: the cosines of its angles to the directions in which a nucleus is measured. */
const BETWEEN = Array.from({ length: RAYS }, (_, ray) => cosinesTo((2 * Math.PI * ray) / RAYS));
/** Cytoplasm is never wider than this, in red-cell diameters. */
const WIDEST_CYTOPLASM = 0.8;
/** The empty slide has less than this density. */
const SLIDE_BELOW = 0.05;
/** Pixels with less dye, and more than this part of the density of red cells, are of red cells. */
const RED_CELL_DYE_BELOW = 0.1;
const RED_CELL_DENSITY = 0.7;
/** Without enough rays that end at the empty slide, cytoplasm counts as this wide, in red-cell diameters. */
const ASSUMED_CYTOPLASM = 0.2;
const CLEAR_RAYS_AT_LEAST = 4;
/** A ray that ends elsewhere may be this much longer than the typical one, in red-cell diameters. */
const TOLERANCE = 0.15;
/** A cell is cut off if this many rays leave the picture before the cytoplasm is likely to end. */
const CUT_RAYS = 3;

/** How a ray ended. */
interface Ray {
  /** Distances from the centre of the nucleus: of the border of its convex hull, and of the end. */
  readonly hull: number;
  readonly end: number;
  readonly reason: 'slide' | 'picture' | 'red cell' | 'nucleus' | 'too far';
}

/**
 * Finds the border of the cell around a nucleus on 32 rays from its centre: where the empty slide begins. A ray that meets a red
 * cell, another nucleus or the border of the picture first shows only a part of the cytoplasm, or a part of something else: it counts
 * as no longer than the median width of the cytoplasm on the clear rays allows.
 *
 * @param owners for each pixel the number of the nucleus that it belongs to, from 1; 0 for none
 * @param number the number of this nucleus
 * @param unit diameter of a red cell
 */
export function outlineOf(
  nucleus: Nucleus,
  owners: Int32Array,
  number: number,
  stain: Stain,
  redCells: RedCells | null,
  unit: number,
): CellOutline {
  const originX = nucleus.sumX / nucleus.area;
  const originY = nucleus.sumY / nucleus.area;
  const redCellDensity = redCells ? RED_CELL_DENSITY * redCells.density : Infinity;
  const follow = (ray: number, between: Float64Array): Ray => {
    const stepX = COSINES[ray] ?? 0;
    const stepY = SINES[ray] ?? 0;
    // Between lobes, and in the hole of a ring, a ray is outside the nucleus and still inside the cell.
    const hull = hullRadius(nucleus, between);
    for (let r = Math.floor(hull); ; r++) {
      const end = r - 0.5;
      const x = Math.round(originX + r * stepX);
      const y = Math.round(originY + r * stepY);
      if (x < 0 || y < 0 || x >= stain.width || y >= stain.height) return { hull, end, reason: 'picture' };
      const pixel = y * stain.width + x;
      const owner = owners[pixel] ?? 0;
      if (owner === number) continue;
      if (owner !== 0) return { hull, end, reason: 'nucleus' };
      if (r - hull > WIDEST_CYTOPLASM * unit) return { hull, end, reason: 'too far' };
      const density = stain.green[pixel] ?? 0;
      if (density < SLIDE_BELOW) return { hull, end, reason: 'slide' };
      const isRedCell = density > redCellDensity && (stain.dye[pixel] ?? 0) < RED_CELL_DYE_BELOW;
      if (isRedCell && r > hull + 1) return { hull, end, reason: 'red cell' };
    }
  };
  const rays = BETWEEN.map((between, ray) => follow(ray, between));
  const clear = rays
    .filter(({ reason }) => reason === 'slide')
    .map((ray) => ray.end - ray.hull)
    .sort((one, other) => one - other);
  const typical =
    clear.length >= CLEAR_RAYS_AT_LEAST ? (clear[clear.length >> 1] ?? 0) : ASSUMED_CYTOPLASM * unit;
  let cut = 0;
  const lengths = rays.map((ray) => {
    const likely = ray.hull + typical;
    if (ray.reason === 'picture' && likely >= ray.end + 1) cut++;
    if (ray.reason === 'nucleus') return Math.min(ray.end, likely + TOLERANCE * unit);
    // What looks like a red cell can be pink cytoplasm.
    if (ray.reason === 'red cell') return Math.min(Math.max(ray.end, likely), likely + TOLERANCE * unit);
    return ray.reason === 'too far' ? likely : ray.end;
  });
  const points = new Float64Array(2 * RAYS);
  const near = new Float64Array(5);
  for (let ray = 0; ray < RAYS; ray++) {
    const length = medianAround(lengths, ray, near);
    points[2 * ray] = originX + 0.5 + length * (COSINES[ray] ?? 0);
    points[2 * ray + 1] = originY + 0.5 + length * (SINES[ray] ?? 0);
  }
  return { points, ...centroid(points), isCutOff: nucleus.isAtBorder || cut >= CUT_RAYS };
}

/** The median of five neighbours in a closed row: without the spikes of single rays. Uses `near`, which has five places. */
function medianAround(lengths: readonly number[], at: number, near: Float64Array): number {
  for (let count = 0; count < 5; count++) {
    const length = lengths[(at + count - 2 + RAYS) % RAYS] ?? 0;
    let place = count; // among those before, in rising order: `sort` takes ten times as long for five numbers
    for (; place > 0 && (near[place - 1] ?? 0) > length; place--) near[place] = near[place - 1] ?? 0;
    near[place] = length;
  }
  return near[2] ?? 0;
}

/** Area and centre of gravity of a polygon whose points run clockwise on the screen. */
function centroid(points: Float64Array): { area: number; centre: { x: number; y: number } } {
  let [doubled, sumX, sumY] = [0, 0, 0];
  for (let at = 0; at < points.length; at += 2) {
    const [x, y] = [points[at] ?? 0, points[at + 1] ?? 0];
    const next = (at + 2) % points.length;
    const [nextX, nextY] = [points[next] ?? 0, points[next + 1] ?? 0];
    const cross = x * nextY - nextX * y;
    doubled += cross;
    sumX += (x + nextX) * cross;
    sumY += (y + nextY) * cross;
  }
  return { area: doubled / 2, centre: { x: sumX / (3 * doubled), y: sumY / (3 * doubled) } };
}
