import { isAtBorder } from './masks.js';
import type { Pieces } from './split-touching.js';
import type { Stain } from './stain.js';

/** Directions in which the extent of a nucleus is measured, evenly around the circle. */
export const DIRECTIONS = 16;
const COSINES = Float64Array.from({ length: DIRECTIONS }, (_, k) => Math.cos((2 * Math.PI * k) / DIRECTIONS));
const SINES = Float64Array.from({ length: DIRECTIONS }, (_, k) => Math.sin((2 * Math.PI * k) / DIRECTIONS));

/** A nucleus or a part of one. Lengths are in pixels of the working image. */
export interface Nucleus {
  /** The numbers of its pieces, from 0. */
  readonly pieces: readonly number[];
  readonly area: number;
  /** Sums of the coordinates of its pixels. */
  readonly sumX: number;
  readonly sumY: number;
  /** The farthest that it reaches in each direction, from the origin of the picture. */
  readonly reach: Float64Array;
  /** Mean dye, and mean optical density in red. */
  readonly dye: number;
  readonly red: number;
  /** Half the width where it is thickest. */
  readonly thickness: number;
  readonly isAtBorder: boolean;
}

/** Measures every piece of the nucleus mask that has at least `smallest` pixels. */
export function measurePieces(pieces: Pieces, stain: Stain, smallest: number): Nucleus[] {
  const { width, height } = stain;
  const found: Nucleus[] = [];
  for (let piece = 0; piece < pieces.count; piece++) {
    const start = pieces.starts[piece] ?? 0;
    const end = pieces.starts[piece + 1] ?? 0;
    if (end - start < smallest) continue;
    const reach = new Float64Array(DIRECTIONS).fill(-Infinity);
    let sumX = 0;
    let sumY = 0;
    let dye = 0;
    let red = 0;
    let border = false;
    for (let at = start; at < end; at++) {
      const pixel = pieces.pixels[at] ?? 0;
      const x = pixel % width;
      const y = (pixel - x) / width;
      sumX += x;
      sumY += y;
      dye += stain.dye[pixel] ?? 0;
      red += stain.red[pixel] ?? 0;
      const isOutermost = isAtBorder(pixel, width, height);
      border ||= isOutermost;
      // Only pixels at the edge of the piece can be the farthest.
      if (
        !isOutermost &&
        pieces.labels[pixel - 1] === piece + 1 &&
        pieces.labels[pixel + 1] === piece + 1 &&
        pieces.labels[pixel - width] === piece + 1 &&
        pieces.labels[pixel + width] === piece + 1
      ) {
        continue;
      }
      for (let k = 0; k < DIRECTIONS; k++) {
        const along = x * (COSINES[k] ?? 0) + y * (SINES[k] ?? 0);
        if (along > (reach[k] ?? 0)) reach[k] = along;
      }
    }
    // A pixel reaches half its width beyond its centre.
    for (let k = 0; k < DIRECTIONS; k++) reach[k] = (reach[k] ?? 0) + 0.5;
    const area = end - start;
    found.push({
      pieces: [piece],
      area,
      thickness: pieces.thickness[piece] ?? 0,
      sumX,
      sumY,
      reach,
      dye: dye / area,
      red: red / area,
      isAtBorder: border,
    });
  }
  return found;
}

/** Two parts as one nucleus. */
export function joined(one: Nucleus, other: Nucleus): Nucleus {
  const area = one.area + other.area;
  return {
    pieces: [...one.pieces, ...other.pieces],
    area,
    sumX: one.sumX + other.sumX,
    sumY: one.sumY + other.sumY,
    reach: one.reach.map((value, k) => Math.max(value, other.reach[k] ?? 0)),
    dye: (one.dye * one.area + other.dye * other.area) / area,
    thickness: Math.max(one.thickness, other.thickness),
    red: (one.red * one.area + other.red * other.area) / area,
    isAtBorder: one.isAtBorder || other.isAtBorder,
  };
}

/** The greatest and the smallest width of a nucleus over all directions. */
export function widths({ reach }: Pick<Nucleus, 'reach'>): { greatest: number; smallest: number } {
  let greatest = 0;
  let smallest = Infinity;
  for (let k = 0; k < DIRECTIONS / 2; k++) {
    const across = (reach[k] ?? 0) + (reach[k + DIRECTIONS / 2] ?? 0);
    greatest = Math.max(greatest, across);
    smallest = Math.min(smallest, across);
  }
  return { greatest, smallest };
}

/** The area of the convex polygon of sixteen sides around a nucleus (from its support function). */
export function hullArea({ reach }: Pick<Nucleus, 'reach'>): number {
  const angle = (2 * Math.PI) / DIRECTIONS;
  let area = 0;
  for (let k = 0; k < DIRECTIONS; k++) {
    const before = reach[(k + DIRECTIONS - 1) % DIRECTIONS] ?? 0;
    const after = reach[(k + 1) % DIRECTIONS] ?? 0;
    const own = reach[k] ?? 0;
    area += (own * (before + after - 2 * own * Math.cos(angle))) / Math.sin(angle) / 2;
  }
  return area;
}

/** The cosines of the angles between a direction (radians) and those of `Nucleus.reach`. */
export function cosinesTo(direction: number): Float64Array {
  return Float64Array.from({ length: DIRECTIONS }, (_, k) =>
    Math.cos(direction - (2 * Math.PI * k) / DIRECTIONS),
  );
}

/**
 * The distance from the centre of gravity of a nucleus to the border of that polygon, in a direction.
 * @param cosines `cosinesTo` that direction
 */
export function hullRadius({ reach, sumX, sumY, area }: Nucleus, cosines: Float64Array): number {
  let radius = Infinity;
  for (let k = 0; k < DIRECTIONS; k++) {
    const across = cosines[k] ?? 0;
    if (across < 0.1) continue;
    const side = (reach[k] ?? 0) - (sumX * (COSINES[k] ?? 0) + sumY * (SINES[k] ?? 0)) / area;
    radius = Math.min(radius, side / across);
  }
  return radius;
}

/** The width of the widest straight gap between two nuclei; 0 where no straight line separates them. */
export function gap(one: Nucleus, other: Nucleus): number {
  let widest = 0;
  for (let k = 0; k < DIRECTIONS; k++) {
    widest = Math.max(widest, -((one.reach[k] ?? 0) + (other.reach[(k + DIRECTIONS / 2) % DIRECTIONS] ?? 0)));
  }
  return widest;
}

/** The pairs of nuclei whose centres are nearer than `distance`, as numbers in the list. */
export function pairsWithin(nuclei: readonly Nucleus[], distance: number): [number, number][] {
  const centres = nuclei
    .map((nucleus, number) => ({ number, x: nucleus.sumX / nucleus.area, y: nucleus.sumY / nucleus.area }))
    .sort((one, other) => one.x - other.x);
  const pairs: [number, number][] = [];
  for (const [at, one] of centres.entries()) {
    for (let next = at + 1; next < centres.length; next++) {
      const other = centres[next];
      if (!other || other.x - one.x >= distance) break;
      if (Math.hypot(other.x - one.x, other.y - one.y) < distance) pairs.push([one.number, other.number]);
    }
  }
  return pairs;
}

/** Visits the pixels of a nucleus, as indices of the working image. */
export function forEachPixel(nucleus: Nucleus, pieces: Pieces, visit: (pixel: number) => void): void {
  for (const piece of nucleus.pieces) {
    const end = pieces.starts[piece + 1] ?? 0;
    for (let at = pieces.starts[piece] ?? 0; at < end; at++) visit(pieces.pixels[at] ?? 0);
  }
}
