import type { CropBox } from '../pixels/crop-box.js';
import type { Picture } from '../pixels/prepare-pixels.js';
import { lanczosSums, type WeightedSum } from '../pixels/resize-picture.js';
import { growTo, type KernelMemory, openKernel } from '../pixels/sums/open-kernel.js';
import { REDUCE_KERNEL } from './reduce-kernel.js';

/** From this factor on, libvips averages blocks first. */
const LARGEST_FACTOR = 4;
/** Larger parts would keep this memory on every thread. */
const MOST_PIXELS = 2_000_000;
/** The kernel reads and writes so many bytes at once. */
const SLACK = 16;

/**
 * The part `box` of a picture, reduced to `[height, width, 3]`: the same pixels as sharp's `resize` with `fit: 'fill'` and
 * `kernel: 'lanczos3'` gives, in a third of its time for a single cell, because a pipeline of sharp takes longer to set up than
 * these sums. Null for a part that is not made smaller in both directions, or too small or too large for this way.
 */
export function reducePart(picture: Picture, box: CropBox, width: number, height: number): Uint8Array | null {
  const across = box.width / width;
  const down = box.height / height;
  if (across <= 1 || down <= 1 || across >= LARGEST_FACTOR || down >= LARGEST_FACTOR) return null;
  if (box.width * box.height > MOST_PIXELS) return null;
  return reducer().reduce(picture, box, width, height);
}

/** What `reduce-kernel.wat` exports. */
interface Kernel {
  readonly memory: KernelMemory;
  readonly sumRows: (to: number, sources: number, weights: number, pairs: number, length: number) => void;
  readonly sumColumns: (
    to: number,
    from: number,
    offsets: number,
    weights: number,
    pairs: number,
    columns: number,
  ) => void;
}

/** Where everything is in the kernel's memory, for parts of one size. */
interface Layout {
  readonly key: string;
  /** For each row of the result, the addresses of the rows that it is a sum of, and their weights. */
  readonly rowSources: number;
  readonly rowWeights: number;
  readonly rowPairs: number;
  /** For each column, the offset of the first pixel that it is a sum of, and weights for an even number of pairs of pixels. */
  readonly columnOffsets: number;
  readonly columnWeights: number;
  readonly columnPairs: number;
  /** One reduced row, with so many pixels more at its left and right, which repeat the first and the last. */
  readonly line: number;
  readonly left: number;
  readonly right: number;
  readonly result: number;
  readonly part: number;
}

let shared: Reducer | undefined;

/** That of this thread. */
function reducer(): Reducer {
  return (shared ??= new Reducer());
}

class Reducer {
  readonly #kernel: Kernel;
  #layout: Layout | null = null;

  constructor() {
    this.#kernel = openKernel(REDUCE_KERNEL) as Kernel; // its source is beside it
  }

  reduce(picture: Picture, box: CropBox, width: number, height: number): Uint8Array {
    const layout = this.#layoutFor(box, width, height);
    const { memory, sumRows, sumColumns } = this.#kernel;
    const bytes = new Uint8Array(memory.buffer);
    const length = box.width * 3;
    for (let row = 0; row < box.height; row++) {
      const from = 3 * ((box.top + row) * picture.width + box.left);
      bytes.set(picture.pixels.subarray(from, from + length), layout.part + row * length);
    }
    const { rowPairs, line, left, right } = layout;
    const first = line + left * 3;
    const end = first + length;
    for (let row = 0; row < height; row++) {
      const [sources, weights] = [
        layout.rowSources + row * rowPairs * 8,
        layout.rowWeights + row * rowPairs * 4,
      ];
      sumRows(first, sources, weights, rowPairs, length);
      for (let at = line; at < first; at++) bytes[at] = bytes[first + ((at - line) % 3)] ?? 0;
      for (let at = end; at < end + right * 3; at++) bytes[at] = bytes[at - 3] ?? 0;
      const to = layout.result + row * width * 3;
      sumColumns(to, line, layout.columnOffsets, layout.columnWeights, layout.columnPairs, width);
    }
    return bytes.slice(layout.result, layout.result + width * height * 3);
  }

  /** The layout for parts of this size. The tables of the last one are still in the memory. */
  #layoutFor(box: CropBox, width: number, height: number): Layout {
    const key = [box.width, box.height, width, height].join();
    if (this.#layout?.key === key) return this.#layout;
    const rows = lanczosSums(height, box.height / height);
    const columns = lanczosSums(width, box.width / width);
    const layout = layOut(key, box, width, height, rows, columns);
    const end = layout.part + box.width * box.height * 3 + SLACK;
    const { memory } = this.#kernel;
    growTo(memory, end);
    writeTables(new DataView(memory.buffer), layout, box, rows, columns);
    this.#layout = layout;
    return layout;
  }
}

function layOut(
  key: string,
  box: CropBox,
  width: number,
  height: number,
  rows: readonly WeightedSum[],
  columns: readonly WeightedSum[],
): Layout {
  const rowPairs = Math.ceil((rows[0]?.weights.length ?? 0) / 2);
  const columnPairs = 2 * Math.ceil((columns[0]?.weights.length ?? 0) / 4);
  const left = Math.max(0, -(columns[0]?.first ?? 0));
  const right = Math.max(0, (columns.at(-1)?.first ?? 0) + 2 * columnPairs - box.width);
  let next = 0;
  const place = (size: number): number => {
    const at = next;
    next += Math.ceil((size + SLACK) / SLACK) * SLACK;
    return at;
  };
  return {
    key,
    rowSources: place(height * rowPairs * 8),
    rowWeights: place(height * rowPairs * 4),
    rowPairs,
    columnOffsets: place(width * 4),
    columnWeights: place(width * columnPairs * 4),
    columnPairs,
    line: place((left + box.width + right) * 3),
    left,
    right,
    result: place(width * height * 3),
    part: next,
  };
}

function writeTables(
  view: DataView,
  layout: Layout,
  box: CropBox,
  rows: readonly WeightedSum[],
  columns: readonly WeightedSum[],
): void {
  rows.forEach(({ first, weights }, row) => {
    for (let index = 0; index < 2 * layout.rowPairs; index++) {
      const at = 2 * row * layout.rowPairs + index;
      const from = Math.min(box.height - 1, Math.max(0, first + index));
      view.setUint32(layout.rowSources + 4 * at, layout.part + from * box.width * 3, true);
      view.setInt16(layout.rowWeights + 2 * at, weights[index] ?? 0, true);
    }
  });
  columns.forEach(({ first, weights }, column) => {
    view.setUint32(layout.columnOffsets + 4 * column, 3 * (first + layout.left), true);
    const begin = layout.columnWeights + 4 * layout.columnPairs * column;
    for (let index = 0; index < 2 * layout.columnPairs; index++)
      view.setInt16(begin + 2 * index, weights[index] ?? 0, true);
  });
}
