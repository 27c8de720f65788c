import { scratch } from './scratch.js';
import type { Mask } from './masks.js';

/** A stretch of the border of a mask: the middles of consecutive pixel sides, in halves of a pixel of the picture. */
export interface Contour {
  readonly xs: Int32Array;
  readonly ys: Int32Array;
  /** Whether the end is followed by the start. */
  readonly isClosed: boolean;
}

/** By direction: right, down, left, up. */
const STEPS_ACROSS = [1, 0, -1, 0];
const STEPS_DOWN = [0, 1, 0, -1];

/**
 * Follows the borders of a mask along the sides of its pixels, the mask on the right. A border is interrupted where the pixel beyond it
 * belongs to `excluded` or is outside the picture: there something else ends the mask, and its own border is not seen.
 */
export function contoursOf(mask: Mask, excluded: Mask): Contour[] {
  const { width, height, values } = mask;
  const isIn = (x: number, y: number) =>
    x >= 0 && y >= 0 && x < width && y < height && values[y * width + x] === 1;
  const isFree = (x: number, y: number) =>
    x >= 0 && y >= 0 && x < width && y < height && excluded.values[y * width + x] === 0;
  const isTopSeen = scratch.uint8(values.length);
  /** The points of all contours, one after the other: at most all sides of pixels. */
  const xs = scratch.int32(2 * values.length + width + height);
  const ys = scratch.int32(xs.length);
  let end = 0;
  const found: Contour[] = [];
  for (let start = 0; start < values.length; start++) {
    if (values[start] === 0 || isTopSeen[start] === 1) continue;
    const startX = start % width;
    const startY = (start - startX) / width;
    if (isIn(startX, startY - 1)) continue;
    let x = startX;
    let y = startY;
    let direction = 0;
    let begin = end;
    const pieces: Contour[] = [];
    let isBroken = false;
    do {
      const stepX = STEPS_ACROSS[direction] ?? 0;
      const stepY = STEPS_DOWN[direction] ?? 0;
      // The pixels on the right and on the left of this side.
      const rightX = x + (stepX - stepY - 1) / 2;
      const rightY = y + (stepX + stepY - 1) / 2;
      const leftX = x + (stepX + stepY - 1) / 2;
      const leftY = y + (stepY - stepX - 1) / 2;
      if (direction === 0) isTopSeen[rightY * width + rightX] = 1;
      if (isFree(leftX, leftY)) {
        xs[end] = 2 * x + stepX;
        ys[end] = 2 * y + stepY;
        end++;
      } else {
        isBroken = true;
        if (end > begin) pieces.push(stretch(xs, ys, begin, end));
        begin = end;
      }
      x += stepX;
      y += stepY;
      if (isIn(leftX + stepX, leftY + stepY)) direction = (direction + 3) % 4;
      else if (!isIn(rightX + stepX, rightY + stepY)) direction = (direction + 1) % 4;
    } while (x !== startX || y !== startY || direction !== 0);
    const first = pieces[0];
    if (!isBroken) pieces.push({ ...stretch(xs, ys, begin, end), isClosed: true });
    else if (end > begin && first?.xs[0] === 2 * startX + 1 && first.ys[0] === 2 * startY) {
      pieces[0] = joined(stretch(xs, ys, begin, end), first);
    } else if (end > begin) pieces.push(stretch(xs, ys, begin, end));
    found.push(...pieces);
  }
  return found;
}

function stretch(xs: Int32Array, ys: Int32Array, begin: number, end: number): Contour {
  return { xs: xs.subarray(begin, end), ys: ys.subarray(begin, end), isClosed: false };
}

function joined(one: Contour, other: Contour): Contour {
  const xs = scratch.int32(one.xs.length + other.xs.length);
  const ys = scratch.int32(xs.length);
  for (const [all, first, second] of [
    [xs, one.xs, other.xs],
    [ys, one.ys, other.ys],
  ] as const) {
    all.set(first);
    all.set(second, first.length);
  }
  return { xs, ys, isClosed: false };
}
