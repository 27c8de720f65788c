import type { CropBox } from './crop-box.js';
import { partOf } from './part-of.js';
import type { Picture, Resize } from './prepare-pixels.js';

/** The weights are multiples of 1 / 4096, so that sums of 8-bit values fit 32 bits. */
const SCALE_BITS = 12;
const SCALE = 1 << SCALE_BITS;
const HALF = SCALE >> 1;
/** Positions between two values are rounded to one of so many. */
const PHASES = 64;
/** Values are first averaged in blocks, so that at least this factor is left to the kernel. */
const GAP = 2;

/**
 * Returns a function that resizes parts of a picture where there is no sharp, with the same result as sharp's `resize` with
 * `fit: 'fill'` and `kernel: 'lanczos3'`: each step rounds as libvips rounds (its `reducev`, `reduceh`, `shrink` and `affine`).
 */
export function pictureResizer(picture: Picture): Resize {
  return async (box, width, height) => resizePart(picture, box, width, height);
}

/** The part `box` of a picture, resized to `[height, width, 3]`. */
export function resizePart(picture: Picture, box: CropBox, width: number, height: number): Uint8Array {
  const part = { width: box.width, height: box.height, pixels: partOf(picture, box) };
  const lower = height < part.height ? reduceHeight(part, height) : part;
  const smaller = width < part.width ? turned(reduceHeight(turned(lower), width)) : lower;
  if (smaller.width === width && smaller.height === height) return Uint8Array.from(smaller.pixels);
  return enlarge(smaller, width, height);
}

/** Values of three channels by row, of a picture or of a step between two. */
interface Rows {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
}

/** Rows become columns. */
function turned({ width, height, pixels }: Rows): Rows {
  const result = new Uint8Array(pixels.length);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const from = 3 * (row * width + column);
      const to = 3 * (column * height + row);
      result[to] = pixels[from] ?? 0;
      result[to + 1] = pixels[from + 1] ?? 0;
      result[to + 2] = pixels[from + 2] ?? 0;
    }
  }
  return { width: height, height: width, pixels: result };
}

/** Fewer rows: the mean of blocks if there are more than four times as many, and then the Lanczos kernel with three lobes. */
function reduceHeight(image: Rows, height: number): Rows {
  const block = Math.max(1, Math.floor(image.height / height / GAP));
  const source = block > 1 ? averageRows(image, block) : image;
  const factor = image.height / height / block;
  if (factor === 1) return source;
  const length = source.width * 3;
  const pixels = new Uint8Array(height * length);
  const lowest = source.height - 1;
  lanczosSums(height, factor).forEach(({ first, weights }, row) => {
    for (let at = 0; at < length; at++) {
      let sum = HALF;
      for (let index = 0; index < weights.length; index++) {
        const from = Math.min(lowest, Math.max(0, first + index));
        sum += (weights[index] ?? 0) * (source.pixels[from * length + at] ?? 0);
      }
      pixels[row * length + at] = clipped(sum >> SCALE_BITS);
    }
  });
  return { width: source.width, height, pixels };
}

/** What one value of a smaller row or column is the weighted sum of. */
export interface WeightedSum {
  /** The place of the first value. Places before the first and behind the last value repeat these. */
  readonly first: number;
  /** In multiples of 1 / 4096. */
  readonly weights: Int32Array;
}

/** The sums of `count` values, by the Lanczos kernel with three lobes made wider by `factor`. All have as many weights. */
export function lanczosSums(count: number, factor: number): WeightedSum[] {
  const points = 2 * Math.round(3 * factor) + 1;
  const masks = new Map<number, Int32Array>();
  const before = Math.ceil(points / 2) - 1;
  const sums: WeightedSum[] = [];
  for (let place = 0.5 * factor; sums.length < count; place += factor) {
    const phase = phaseOf(place);
    const weights = masks.get(phase) ?? lanczosMask(points, factor, phase / PHASES);
    masks.set(phase, weights);
    sums.push({ first: Math.floor(place) - before, weights });
  }
  return sums;
}

/** The mean of each `block` rows. The last row is repeated where rows are missing. */
function averageRows({ width, height, pixels }: Rows, block: number): Rows {
  const blocks = Math.ceil(height / block);
  const length = width * 3;
  const result = new Uint8Array(blocks * length);
  const reciprocal = Math.floor(2 ** 24 / block);
  for (let row = 0; row < blocks; row++) {
    for (let at = 0; at < length; at++) {
      let sum = block >> 1;
      for (let index = 0; index < block; index++) {
        sum += pixels[Math.min(height - 1, row * block + index) * length + at] ?? 0;
      }
      result[row * length + at] = Math.floor((sum * reciprocal) / 2 ** 24);
    }
  }
  return { width, height: blocks, pixels: result };
}

/** The number of the phase nearest to the fraction of a place. */
function phaseOf(place: number): number {
  return ((Math.floor(place * PHASES * 2) & (PHASES * 2 - 1)) + 1) >> 1;
}

/** The weights of the Lanczos kernel (Duchon 1979) with three lobes, made wider by `factor`, in multiples of 1 / 4096. */
function lanczosMask(points: number, factor: number, phase: number): Int32Array {
  const middle = phase + points / 2 - 1;
  const weights = new Float64Array(points);
  let sum = 0;
  for (let index = 0; index < points; index++) {
    const weight = lanczos((index - middle) / factor);
    weights[index] = weight;
    sum += weight;
  }
  const mask = new Int32Array(points);
  for (let index = 0; index < points; index++)
    mask[index] = Math.trunc(((weights[index] ?? 0) / sum) * SCALE);
  return mask;
}

function lanczos(x: number): number {
  return Math.abs(x) <= 3 ? sinc(x) * sinc(x / 3) : 0;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI);
}

/** A picture that is larger along one or both sides, by Catmull-Rom's cubic interpolation. */
function enlarge(image: Rows, width: number, height: number): Uint8Array {
  const across = cubicPoints(image.width, width);
  const down = cubicPoints(image.height, height);
  const result = new Uint8Array(width * height * 3);
  const value = (row: number, column: number, channel: number) =>
    image.pixels[3 * (row * image.width + column) + channel] ?? 0;
  down.forEach((vertical, row) => {
    across.forEach((horizontal, column) => {
      for (let channel = 0; channel < 3; channel++) {
        const sum = weighted(vertical, (from) =>
          weighted(horizontal, (place) => value(from, place, channel)),
        );
        result[3 * (row * width + column) + channel] = clipped(sum);
      }
    });
  });
  return result;
}

/** Four neighbouring values and their weights. */
interface CubicPoint {
  readonly places: readonly number[];
  readonly weights: readonly number[];
}

function weighted({ places, weights }: CubicPoint, valueAt: (place: number) => number): number {
  return (
    places.reduce((sum, place, index) => sum + (weights[index] ?? 0) * valueAt(place), HALF) >> SCALE_BITS
  );
}

function cubicPoints(from: number, to: number): CubicPoint[] {
  return Array.from({ length: to }, (_, index) => {
    const place = index * (from / to) - 0.5 + 1; // half a pixel off, as in libvips; 1 is added so that it is positive
    const first = Math.floor(place) - 2;
    return {
      places: [0, 1, 2, 3].map((step) => Math.min(from - 1, Math.max(0, first + step))),
      weights: cubicWeights(phaseOf(place) / PHASES),
    };
  });
}

function cubicWeights(x: number): number[] {
  const weights = [
    -0.5 * x * (1 - x) ** 2,
    1 - 2.5 * x ** 2 + 1.5 * x ** 3,
    0.5 * x + 2 * x ** 2 - 1.5 * x ** 3,
    -0.5 * x ** 2 * (1 - x),
  ];
  return weights.map((weight) => Math.trunc(weight * SCALE));
}

function clipped(value: number): number {
  return Math.min(255, Math.max(0, value));
}
