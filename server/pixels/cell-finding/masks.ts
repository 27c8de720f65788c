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
  const pixels = new Int32Array(values.length);
  const seen = new Uint8Array(values.length);
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

/** Adds to the mask, in place, the holes of at most `largest` pixels that do not touch the border of the picture. */
export function fillHoles(mask: Mask, largest: number): void {
  const { width, height, values } = mask;
  const outside = new Uint8Array(values.length);
  for (let index = 0; index < values.length; index++) outside[index] = values[index] === 0 ? 1 : 0;
  const holes = connectedComponents({ width, height, values: outside });
  for (let hole = 0; hole < holes.count; hole++) {
    const start = holes.starts[hole] ?? 0;
    const end = holes.starts[hole + 1] ?? 0;
    if (end - start > largest) continue;
    let isInside = true;
    for (let at = start; at < end && isInside; at++) {
      isInside = !isAtBorder(holes.pixels[at] ?? 0, width, height);
    }
    if (!isInside) continue;
    for (let at = start; at < end; at++) values[holes.pixels[at] ?? 0] = 1;
  }
}

export function isAtBorder(pixel: number, width: number, height: number): boolean {
  const column = pixel % width;
  return column === 0 || column === width - 1 || pixel < width || pixel >= width * (height - 1);
}

/** Morphological opening with a cross of five pixels, in place: removes specks, and lines that are one or two pixels wide. */
export function open(mask: Mask): void {
  const eroded = new Uint8Array(mask.values.length);
  erode(mask, eroded);
  dilate({ ...mask, values: eroded }, mask.values);
}

/** The pixels whose four neighbours also belong to the mask; pixels beyond the border of the picture count as belonging to it. */
function erode({ width, height, values }: Mask, into: Uint8Array): void {
  for (let row = 0; row < height; row++) {
    const above = row > 0 ? -width : 0;
    const below = row < height - 1 ? width : 0;
    const start = row * width;
    for (let index = start; index < start + width; index++) {
      const left = index > start ? -1 : 0;
      const right = index < start + width - 1 ? 1 : 0;
      into[index] =
        (values[index] ?? 0) &
        (values[index + left] ?? 0) &
        (values[index + right] ?? 0) &
        (values[index + above] ?? 0) &
        (values[index + below] ?? 0);
    }
  }
}

/** The pixels of the mask and their four neighbours. */
export function dilate({ width, height, values }: Mask, into: Uint8Array): void {
  for (let row = 0; row < height; row++) {
    const above = row > 0 ? -width : 0;
    const below = row < height - 1 ? width : 0;
    const start = row * width;
    for (let index = start; index < start + width; index++) {
      const left = index > start ? -1 : 0;
      const right = index < start + width - 1 ? 1 : 0;
      into[index] =
        (values[index] ?? 0) |
        (values[index + left] ?? 0) |
        (values[index + right] ?? 0) |
        (values[index + above] ?? 0) |
        (values[index + below] ?? 0);
    }
  }
}

/** How many units of `distanceInside` one pixel is. */
export const DISTANCE_UNIT = 3;

/**
 * The distance of each pixel of a mask from the nearest pixel outside it, in thirds of a pixel: the 3-4 chamfer distance
 * (Borgefors 1986), at most 8 % from the Euclidean distance. The border of the picture is no end of the mask.
 */
export function distanceInside({ width, height, values }: Mask): Uint16Array {
  const far = 0xff00;
  const distance = new Uint16Array(values.length);
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
