import type { Mask } from './masks.js';

/** A stretch of the border of a mask: the middles of consecutive pixel sides, in pixels of the picture. */
export interface Contour {
  readonly xs: readonly number[];
  readonly ys: readonly number[];
  /** Whether the end is followed by the start. */
  readonly isClosed: boolean;
}

const STEPS = [
  [1, 0],
  [0, 1],
  [-1, 0],
  [0, -1],
] as const;

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
  const isTopSeen = new Uint8Array(values.length);
  const found: Contour[] = [];
  for (let start = 0; start < values.length; start++) {
    if (values[start] === 0 || isTopSeen[start] === 1) continue;
    const startX = start % width;
    const startY = (start - startX) / width;
    if (isIn(startX, startY - 1)) continue;
    let x = startX;
    let y = startY;
    let direction = 0;
    let xs: number[] = [];
    let ys: number[] = [];
    const pieces: Contour[] = [];
    let isBroken = false;
    do {
      const [stepX, stepY] = STEPS[direction] ?? [1, 0];
      // The pixels on the right and on the left of this side.
      const rightX = x + (stepX - stepY - 1) / 2;
      const rightY = y + (stepX + stepY - 1) / 2;
      const leftX = x + (stepX + stepY - 1) / 2;
      const leftY = y + (stepY - stepX - 1) / 2;
      if (direction === 0) isTopSeen[rightY * width + rightX] = 1;
      if (isFree(leftX, leftY)) {
        xs.push(x + stepX / 2);
        ys.push(y + stepY / 2);
      } else {
        isBroken = true;
        if (xs.length > 0) pieces.push({ xs, ys, isClosed: false });
        xs = [];
        ys = [];
      }
      x += stepX;
      y += stepY;
      if (isIn(leftX + stepX, leftY + stepY)) direction = (direction + 3) % 4;
      else if (!isIn(rightX + stepX, rightY + stepY)) direction = (direction + 1) % 4;
    } while (x !== startX || y !== startY || direction !== 0);
    const first = pieces[0];
    if (!isBroken) pieces.push({ xs, ys, isClosed: true });
    else if (xs.length > 0 && first?.xs[0] === startX + 0.5 && first.ys[0] === startY) {
      pieces[0] = { xs: [...xs, ...first.xs], ys: [...ys, ...first.ys], isClosed: false };
    } else if (xs.length > 0) pieces.push({ xs, ys, isClosed: false });
    found.push(...pieces);
  }
  return found;
}
