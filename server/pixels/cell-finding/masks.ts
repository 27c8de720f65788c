import { scratch } from './scratch.js';

/** A set of pixels, `[height, width]`: 1 for the pixels that belong to it, 0 for others. */
export interface Mask {
  readonly width: number;
  readonly height: number;
  readonly values: Uint8Array;
}

/** The pixels of a mask in groups. Group g, from 0, has `pixels[starts[g]]` up to, not including, `pixels[starts[g + 1]]`. */
export interface Groups {
  readonly count: number;
  readonly starts: readonly number[];
  readonly pixels: Int32Array;
}

/** Groups the pixels of a mask that touch each other along a side. */
export function connectedComponents({ width, height, values }: Mask): Groups {
  const pixels = scratch.int32(values.length);
  const seen = scratch.uint8(values.length);
  const starts: number[] = [];
  let end = 0;
  for (let seed = 0; seed < values.length; seed++) {
    if (values[seed] === 0 || seen[seed] === 1) continue;
    starts.push(end);
    seen[seed] = 1;
    pixels[end++] = seed;
    for (let next = end - 1; next < end; next++) {
      const pixel = pixels[next] ?? 0;
      const column = pixel % width;
      if (column > 0 && values[pixel - 1] === 1 && seen[pixel - 1] === 0) {
        seen[pixel - 1] = 1;
        pixels[end++] = pixel - 1;
      }
      if (column < width - 1 && values[pixel + 1] === 1 && seen[pixel + 1] === 0) {
        seen[pixel + 1] = 1;
        pixels[end++] = pixel + 1;
      }
      if (pixel >= width && values[pixel - width] === 1 && seen[pixel - width] === 0) {
        seen[pixel - width] = 1;
        pixels[end++] = pixel - width;
      }
      if (pixel < width * (height - 1) && values[pixel + width] === 1 && seen[pixel + width] === 0) {
        seen[pixel + width] = 1;
        pixels[end++] = pixel + width;
      }
    }
  }
  const count = starts.length;
  starts.push(end);
  return { count, starts, pixels };
}

/** Adds to the mask, in place, the holes of at most `largest` pixels. Gaps that reach the border of the picture are no holes. */
export function fillHoles({ width, height, values }: Mask, largest: number): void {
  // A hole lies within the box around the mask, and does not touch its border.
  let [left, right, top, bottom] = [width, -1, height, -1];
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      if (values[row * width + column] === 0) continue;
      if (column < left) left = column;
      if (column > right) right = column;
      if (row < top) top = row;
      bottom = row;
    }
  }
  if (right < 0) return;
  const gaps = scratch.uint8(values.length);
  for (let row = top; row <= bottom; row++) {
    for (let index = row * width + left; index <= row * width + right; index++) {
      gaps[index] = 1 - (values[index] ?? 0);
    }
  }
  const { count, starts, pixels } = connectedComponents({ width, height, values: gaps });
  for (let gap = 0; gap < count; gap++) {
    const start = starts[gap] ?? 0;
    const end = starts[gap + 1] ?? 0;
    if (end - start > largest) continue;
    let isHole = true;
    for (let at = start; at < end && isHole; at++) {
      const pixel = pixels[at] ?? 0;
      const column = pixel % width;
      const row = (pixel - column) / width;
      isHole = column > left && column < right && row > top && row < bottom;
    }
    for (let at = start; isHole && at < end; at++) values[pixels[at] ?? 0] = 1;
  }
}

export function isAtBorder(pixel: number, width: number, height: number): boolean {
  const column = pixel % width;
  return column === 0 || column === width - 1 || pixel < width || pixel >= width * (height - 1);
}

/** Morphological opening with a cross of five pixels, in place: removes specks, and lines that are one or two pixels wide. */
export function open(mask: Mask): void {
  const kept = dilated(eroded(mask));
  mask.values.set(kept.values);
}

/** The pixels whose four neighbours also belong to the mask. The border of the picture does not end the mask. */
function eroded({ width, height, values }: Mask): Mask {
  const kept = scratch.uint8(values.length);
  for (let row = 0; row < height; row++) {
    const above = row > 0 ? -width : 0;
    const below = row < height - 1 ? width : 0;
    const first = row * width;
    const last = first + width - 1;
    for (let index = first; index <= last; index++) {
      if (values[index] === 0) continue;
      const left = index > first ? index - 1 : index;
      const right = index < last ? index + 1 : index;
      kept[index] =
        (values[left] ?? 0) &
        (values[right] ?? 0) &
        (values[index + above] ?? 0) &
        (values[index + below] ?? 0);
    }
  }
  return { width, height, values: kept };
}

/** The pixels of the mask and their four neighbours. */
export function dilated({ width, height, values }: Mask): Mask {
  const grown = scratch.uint8(values.length);
  for (let row = 0; row < height; row++) {
    const above = row > 0 ? -width : 0;
    const below = row < height - 1 ? width : 0;
    const first = row * width;
    const last = first + width - 1;
    for (let index = first; index <= last; index++) {
      if (values[index] === 0) continue;
      grown[index] = 1;
      grown[index + above] = 1;
      grown[index + below] = 1;
      if (index > first) grown[index - 1] = 1;
      if (index < last) grown[index + 1] = 1;
    }
  }
  return { width, height, values: grown };
}

/** How many units of `distanceInside` one pixel is. */
export const DISTANCE_UNIT = 3;

/**
 * The distance of each pixel of a mask from the nearest pixel outside it, in thirds of a pixel: the 3-4 chamfer distance
 * (Borgefors 1986), at most 8 % from the Euclidean distance. The border of the picture is no end of the mask.
 */
export function distanceInside({ width, height, values }: Mask): Uint16Array {
  const far = 0xff00;
  const distance = scratch.uint16(values.length);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const index = row * width + column;
      if (values[index] === 0) continue;
      let nearest = far;
      if (column > 0) nearest = Math.min(nearest, (distance[index - 1] ?? 0) + 3);
      if (row > 0) {
        nearest = Math.min(nearest, (distance[index - width] ?? 0) + 3);
        if (column > 0) nearest = Math.min(nearest, (distance[index - width - 1] ?? 0) + 4);
        if (column < width - 1) nearest = Math.min(nearest, (distance[index - width + 1] ?? 0) + 4);
      }
      distance[index] = nearest;
    }
  }
  for (let row = height - 1; row >= 0; row--) {
    for (let column = width - 1; column >= 0; column--) {
      const index = row * width + column;
      let nearest = distance[index] ?? 0;
      if (nearest === 0) continue;
      if (column < width - 1) nearest = Math.min(nearest, (distance[index + 1] ?? 0) + 3);
      if (row < height - 1) {
        nearest = Math.min(nearest, (distance[index + width] ?? 0) + 3);
        if (column < width - 1) nearest = Math.min(nearest, (distance[index + width + 1] ?? 0) + 4);
        if (column > 0) nearest = Math.min(nearest, (distance[index + width - 1] ?? 0) + 4);
      }
      distance[index] = nearest;
    }
  }
  return distance;
}
