import { LINE_CHANGES_KERNEL } from './line-changes-kernel.js';
import { growTo, type KernelMemory, openKernel } from './open-kernel.js';

/** The number of parts of a line that are compared separately: damage may begin in the middle of a line. */
export const PARTS = 4;
/** At least so many pixels of a part are compared if it has them, and fewer than twice as many. */
const SAMPLED = 20;
/** So many bytes of a picture, at most, are in the memory at once, if its rows are not longer. */
const PIECE = 1 << 19;
/** The kernel reads and writes so many bytes at once, also behind the end of a part. */
const BLOCK = 16;
/** Bytes for the pixels of a part that are compared. */
const SAMPLES = 80;

/** How the lines of a picture, its rows or its columns, differ from those before them. Only until the next call. */
export interface LineChanges {
  readonly lines: number;
  /** The number of pixels of each part of a line that were compared. */
  readonly count: number;
  /**
   * For each part and line, at `part * stride + line`: the sum over the pixels of half the change of red + blue from the line before,
   * rounded down. The line before the first one counts as black.
   */
  readonly changes: Int16Array;
  /** The sum of the sizes of the same changes. */
  readonly sizes: Int16Array;
  readonly stride: number;
}

/** What `line-changes-kernel.wat` exports. All numbers are addresses, or say how many, or how far apart in bytes. */
interface Kernel {
  readonly memory: KernelMemory;
  readonly compareRows: (
    from: number,
    rows: number,
    size: number,
    part: number,
    step: number,
    count: number,
    here: number,
    before: number,
    changes: number,
    sizes: number,
    lines: number,
  ) => void;
  readonly compareColumns: (
    from: number,
    step: number,
    count: number,
    here: number,
    changes: number,
    sizes: number,
  ) => void;
}

let opened: Kernel | undefined;

/**
 * Compares each row with the row before it, and each column with the column before it, at evenly spaced pixels.
 *
 * @param pixels `[height, width, channels]`, of which the first and the third count
 */
export function lineChanges(
  pixels: Uint8Array,
  { width, height }: { readonly width: number; readonly height: number },
  channels: number,
): { rows: LineChanges; columns: LineChanges } {
  const across = samplingOf(width);
  const down = samplingOf(height);
  const size = width * channels;
  const most = Math.min(height, Math.max(1, Math.floor(PIECE / size)));
  let end = 0;
  const place = (length: number): number => {
    const at = end;
    end += Math.ceil((length + BLOCK) / BLOCK) * BLOCK;
    return at;
  };
  const samples = place(SAMPLES);
  const before = place(PARTS * SAMPLES);
  const line = place(2 * (width + 1));
  const stride = Math.ceil(Math.max(width, height) / BLOCK + 1) * BLOCK;
  const [rowChanges, rowSizes] = [place(2 * PARTS * stride), place(2 * PARTS * stride)];
  const [columnChanges, columnSizes] = [place(2 * PARTS * stride), place(2 * PARTS * stride)];
  const piece = place(most * size);
  const kernel = (opened ??= openKernel(LINE_CHANGES_KERNEL) as Kernel); // its source is beside it
  growTo(kernel.memory, end);
  const { buffer } = kernel.memory;
  const bytes = new Uint8Array(buffer).fill(0, 0, piece);
  for (let first = 0; first < height; first += most) {
    const rows = Math.min(most, height - first);
    bytes.set(pixels.subarray(first * size, (first + rows) * size), piece);
    if (across.count > 0) {
      const [part, step] = [across.length * channels, across.step * channels];
      const [changes, sizes] = [rowChanges + 2 * first, rowSizes + 2 * first];
      kernel.compareRows(
        piece,
        rows,
        size,
        part,
        step,
        across.count,
        samples,
        before,
        changes,
        sizes,
        stride,
      );
    }
    for (let row = 0; row < rows; row++) {
      const part = partOfSample(first + row, down);
      if (part === null) continue;
      const at = 2 * part * stride;
      kernel.compareColumns(piece + row * size, channels, width, line, columnChanges + at, columnSizes + at);
    }
  }
  const found = (changes: number, sizes: number) => ({
    changes: new Int16Array(buffer, changes, PARTS * stride),
    sizes: new Int16Array(buffer, sizes, PARTS * stride),
    stride,
  });
  return {
    rows: { lines: height, count: across.count, ...found(rowChanges, rowSizes) },
    columns: { lines: width, count: down.count, ...found(columnChanges, columnSizes) },
  };
}

/** Which pixels of a line are compared: in each part of `length` pixels the first, and each that is `step` further on, `count` in all. */
interface Sampling {
  readonly length: number;
  readonly step: number;
  readonly count: number;
}

function samplingOf(pixels: number): Sampling {
  const length = Math.floor(pixels / PARTS);
  const step = Math.max(1, Math.floor(length / SAMPLED));
  return { length, step, count: Math.floor(length / step) };
}

/** The part of which a pixel of a line is compared; null for the others. */
function partOfSample(pixel: number, { length, step, count }: Sampling): number | null {
  const part = Math.floor(pixel / length);
  const place = pixel - part * length;
  return part < PARTS && place % step === 0 && place / step < count ? part : null;
}
