import { growTo, type KernelMemory, openKernel } from './open-kernel.js';
import { copyPart } from './copy-part.js';
import { PICTURE_SUMS_KERNEL } from './picture-sums-kernel.js';

/** Where results and the counts of brightness are in the kernel's memory. Before them are its own constants. */
const RESULTS = 32;
const COUNTS = 64;
/** The memory from here on is laid out for each call. Every part begins at a multiple of `BLOCK`. */
const FREE = 2048;
/** The kernel reads and writes so many bytes at once, also behind the end of a part. */
const BLOCK = 16;
/** So many pixels of a picture, at most, are in the memory at once, unless one square has more. */
const PIECE = 1 << 15;

/** What `picture-sums-kernel.wat` exports. All numbers are addresses, unless they say how many. */
interface Kernel {
  readonly memory: KernelMemory;
  readonly sumRows: (sums: number, row: number, stride: number, rows: number, length: number) => void;
  readonly meansOfSums: (to: number, sums: number, columns: number, factor: number) => void;
  readonly brightness: (to: number, pixels: number, count: number, results: number) => void;
  readonly count: (histogram: number, values: number, count: number) => void;
  readonly sharpness: (values: number, size: number, results: number) => void;
}

let opened: Kernel | undefined;

/** The kernel of this thread, with this much memory. */
function kernelWith(memory: number): Kernel {
  opened ??= openKernel(PICTURE_SUMS_KERNEL) as Kernel; // its source is beside it
  growTo(opened.memory, memory);
  return opened;
}

/** The address of the next part behind one of `size` bytes at `address`. */
function behind(address: number, size: number): number {
  return address + Math.ceil((size + BLOCK) / BLOCK) * BLOCK;
}

/**
 * Writes the means of squares of `factor` × `factor` pixels, rounded, to `means`, `[rows, columns, 3]`.
 *
 * @param pixels `[height, width, 3]`, at least `factor` times as many rows and columns
 * @param factor at most 257
 */
export function meansOfSquares(
  pixels: Uint8Array,
  width: number,
  factor: number,
  columns: number,
  rows: number,
  means: Uint8Array,
): void {
  const most = Math.min(columns, Math.max(1, Math.floor(PIECE / factor ** 2)));
  const isWhole = most === columns; // then whole rows are copied at once, with what follows the last square
  const squares = FREE;
  const sums = behind(squares, 3 * factor * (isWhole ? width : most * factor));
  const to = behind(sums, 4 * (3 * most * factor + BLOCK));
  const { memory, sumRows, meansOfSums } = kernelWith(behind(to, 3 * most));
  const bytes = new Uint8Array(memory.buffer);
  for (let first = 0; first < columns; first += most) {
    const count = Math.min(most, columns - first);
    const box = { left: first * factor, width: isWhole ? width : count * factor, height: factor };
    for (let down = 0; down < rows; down++) {
      copyPart({ width, pixels }, { ...box, top: down * factor }, bytes, squares);
      sumRows(sums, squares, 3 * box.width, factor, 3 * count * factor);
      meansOfSums(to, sums, count, factor);
      means.set(bytes.subarray(to, to + 3 * count), 3 * (down * columns + first));
    }
  }
}

/** Sums over all pixels of a picture, of their brightness (red + 2 green + blue) / 4 and of their colours. */
export interface PictureSums {
  /** How often each brightness occurs. Only until the next call. */
  readonly histogram: Uint32Array;
  /** The number of pixels with at least 254 in all three channels. */
  readonly clipped: number;
  /** Of the differences between the strongest and the weakest channel. */
  readonly colour: number;
  /** Of the squares of the brightness's Laplacian over the inner pixels, and of those of its gradient, four times. */
  readonly curvature: number;
  readonly slope: number;
}

/** @param pixels `[size, size, 3]`, RGB 0–255 */
export function sumsOf(pixels: Uint8Array, size: number): PictureSums {
  const count = size * size;
  const brightness = FREE;
  const from = behind(brightness, count);
  const end = from + 3 * count;
  const kernel = kernelWith(behind(end, 3 * BLOCK));
  const { buffer } = kernel.memory;
  const bytes = new Uint8Array(buffer);
  bytes.set(pixels, from);
  bytes.fill(0, end, end + 3 * BLOCK);
  kernel.brightness(brightness, from, count, RESULTS);
  const [colour = 0, clipped = 0] = new Uint32Array(buffer, RESULTS, 2);
  const histogram = new Uint32Array(buffer, COUNTS, 256).fill(0);
  kernel.count(COUNTS, brightness, count);
  if (size < 3) return { histogram, clipped, colour, curvature: 0, slope: 0 };
  kernel.sharpness(brightness, size, RESULTS);
  const [curvature = 0, slope = 0] = new Float64Array(buffer, RESULTS, 2);
  return { histogram, clipped, colour, curvature, slope };
}
