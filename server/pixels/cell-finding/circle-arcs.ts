import { scratch } from './scratch.js';
import type { Contour } from './contours.js';

/** A part of a contour that is an arc of a circle, in pixels. */
export interface Arc {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
  /** The angle that the arc covers, in radians: up to 2π. */
  readonly angle: number;
}

/** The contour may be this far from the circle, root mean square: this part of the radius and this many pixels. */
const DEVIATION_TO_RADIUS = 0.05;
const DEVIATION_IN_PIXELS = 0.25;
const SHORTEST = 8;

/**
 * Finds the arcs of circles in a contour. Each runs as far as a circle fits, by least squares (Kåsa 1976) from sums along the
 * contour, so the time grows with the length of the contour only. Arcs may overlap.
 *
 * @param smallest the smallest radius, in pixels
 * @param least the smallest angle, in radians
 */
export function arcsOf(contour: Contour, smallest: number, least: number): Arc[] {
  const { xs, ys, isClosed } = contour;
  const length = xs.length;
  if (length < SHORTEST) return [];
  const points = isClosed ? 2 * length : length;
  const originX = (xs[0] ?? 0) / 2;
  const originY = (ys[0] ?? 0) / 2;
  // Sums from the start to before each point: x, y, xx, yy, xy, z, xz, yz, zz, with z = xx + yy.
  const sums = scratch.float64((points + 1) * 9);
  for (let point = 0; point < points; point++) {
    const x = (xs[point % length] ?? 0) / 2 - originX;
    const y = (ys[point % length] ?? 0) / 2 - originY;
    const z = x * x + y * y;
    const from = point * 9;
    sums[from + 9] = (sums[from] ?? 0) + x;
    sums[from + 10] = (sums[from + 1] ?? 0) + y;
    sums[from + 11] = (sums[from + 2] ?? 0) + x * x;
    sums[from + 12] = (sums[from + 3] ?? 0) + y * y;
    sums[from + 13] = (sums[from + 4] ?? 0) + x * y;
    sums[from + 14] = (sums[from + 5] ?? 0) + z;
    sums[from + 15] = (sums[from + 6] ?? 0) + x * z;
    sums[from + 16] = (sums[from + 7] ?? 0) + y * z;
    sums[from + 17] = (sums[from + 8] ?? 0) + z * z;
  }
  const found: Arc[] = [];
  const circle = newCircle();
  let end = SHORTEST;
  let lastEnd = 0;
  for (let start = 0; start < length && start + SHORTEST <= points; start++) {
    end = Math.max(end, start + SHORTEST);
    const most = Math.min(points, start + length);
    while (end < most && isArc(sums, start, end + 1, circle)) end++;
    if (end === lastEnd || !isArc(sums, start, end, circle) || circle.radius < smallest) continue;
    lastEnd = end;
    const x = circle.x + originX;
    const y = circle.y + originY;
    // Summed over eight parts, each less than half a turn. The mask is on the right, so a convex arc turns to positive angles.
    let angle = 0;
    let before = Math.atan2((ys[start % length] ?? 0) / 2 - y, (xs[start % length] ?? 0) / 2 - x);
    for (let part = 1; part <= 8; part++) {
      const point = (start + Math.round(((end - 1 - start) * part) / 8)) % length;
      const now = Math.atan2((ys[point] ?? 0) / 2 - y, (xs[point] ?? 0) / 2 - x);
      let turn = now - before;
      if (turn > Math.PI) turn -= 2 * Math.PI;
      else if (turn < -Math.PI) turn += 2 * Math.PI;
      angle += turn;
      before = now;
    }
    if (angle >= least) found.push({ x, y, radius: circle.radius, angle });
  }
  return found;
}

/** A circle, to be filled in: making one for each step along a contour would be most of the cell finder's garbage. */
interface Circle {
  x: number;
  y: number;
  radius: number;
}

function newCircle(): Circle {
  return { x: NaN, y: NaN, radius: NaN };
}

/** Fits a circle to the points from `start` to before `end`, and returns whether they are an arc of it. */
function isArc(sums: Float64Array, start: number, end: number, circle: Circle): boolean {
  const count = end - start;
  const from = start * 9;
  const to = end * 9;
  const meanX = ((sums[to] ?? 0) - (sums[from] ?? 0)) / count;
  const meanY = ((sums[to + 1] ?? 0) - (sums[from + 1] ?? 0)) / count;
  const meanZ = ((sums[to + 5] ?? 0) - (sums[from + 5] ?? 0)) / count;
  const xx = ((sums[to + 2] ?? 0) - (sums[from + 2] ?? 0)) / count - meanX * meanX;
  const yy = ((sums[to + 3] ?? 0) - (sums[from + 3] ?? 0)) / count - meanY * meanY;
  const xy = ((sums[to + 4] ?? 0) - (sums[from + 4] ?? 0)) / count - meanX * meanY;
  const xz = (((sums[to + 6] ?? 0) - (sums[from + 6] ?? 0)) / count - meanX * meanZ) / 2;
  const yz = (((sums[to + 7] ?? 0) - (sums[from + 7] ?? 0)) / count - meanY * meanZ) / 2;
  const determinant = xx * yy - xy * xy;
  if (determinant <= 1e-9) return false;
  const x = (xz * yy - yz * xy) / determinant;
  const y = (yz * xx - xz * xy) / determinant;
  const radius = Math.sqrt(meanZ - 2 * x * meanX - 2 * y * meanY + x * x + y * y);
  // The mean square of z − 2ax − 2by − c is about 4r² times that of the distance from the circle.
  const residual =
    ((sums[to + 8] ?? 0) - (sums[from + 8] ?? 0)) / count - meanZ * meanZ - 4 * x * xz - 4 * y * yz;
  const deviation = Math.sqrt(Math.max(0, residual)) / (2 * radius);
  circle.x = x;
  circle.y = y;
  circle.radius = radius;
  return !(deviation > DEVIATION_TO_RADIUS * radius + DEVIATION_IN_PIXELS);
}
