import type { CropBox } from '../pixels/crop-box.js';
import type { Picture } from '../pixels/prepare-pixels.js';
import { lanczosSums, type WeightedSum } from '../pixels/resize-picture.js';
import { copyPart } from '../pixels/sums/copy-part.js';
import { growTo, type KernelMemory, openKernel } from '../pixels/sums/open-kernel.js';
import { REDUCE_KERNEL } from './reduce-kernel.js';

/** From this factor on, libvips averages blocks first. */
const LARGEST_FACTOR = 4;
/** Larger parts would keep this memory on every thread. */
const MOST_PIXELS = 2_000_000;
/** The kernel reads and writes up to so many bytes at once. */
const SLACK = 32;
/** So many rows are reduced at once. */
const GROUP = 4;
/** The bytes of a pixel of a group. */
const PIXEL = 3 * GROUP;

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
  readonly interleave: (to: number, from: number, stride: number, length: number) => void;
  readonly repeat: (to: number, end: number, from: number) => void;
  readonly sumColumns: (
    to: number,
    stride: number,
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
  /**
   * For each row of the result, rounded up to a whole group, the addresses of the rows that it is a sum of, and their weights.
   */
  readonly rowSources: number;
  readonly rowWeights: number;
  readonly rowPairs: number;
  /** For each column, the offset of the first pixel that it is a sum of, and weights for pairs of pixels. */
  readonly columnOffsets: number;
  readonly columnWeights: number;
  readonly columnPairs: number;
  /** A group of reduced rows, so many bytes from one to the next. */
  readonly group: number;
  readonly stride: number;
  /** The same, interleaved, with so many pixels more at the left and right, which repeat the first and the last. */
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
    const { memory, sumRows, interleave, repeat, sumColumns } = this.#kernel;
    const bytes = new Uint8Array(memory.buffer);
    const length = box.width * 3;
    copyPart(picture, box, bytes, layout.part);
    const { rowSources, rowWeights, rowPairs, group, stride, line } = layout;
    const first = line + layout.left * PIXEL;
    const end = first + box.width * PIXEL;
    for (let row = 0; row < height; row += GROUP) {
      for (let each = 0; each < GROUP; each++) {
        const pair = (row + each) * rowPairs;
        sumRows(group + each * stride, rowSources + pair * 8, rowWeights + pair * 4, rowPairs, length);
      }
      interleave(first, group, stride, length);
      repeat(line, first, first);
      repeat(end, end + layout.right * PIXEL, end - PIXEL);
      const to = layout.result + row * width * 3;
      const { columnOffsets, columnWeights, columnPairs } = layout;
      sumColumns(to, width * 3, line, columnOffsets, columnWeights, columnPairs, width);
    }
    return bytes.slice(layout.result, layout.result + width * height * 3);
  }

  /** The layout for parts of this size. The tables of the last one are still in the memory. */
  #layoutFor(box: CropBox, width: number, height: number): Layout {
    const key = [box.width, box.height, width, height].join();
    if (this.#layout?.key === key) return this.#layout;
    const rows = lanczosSums(height, box.height / height);
    const isSquare = width === height && box.width === box.height;
    const columns = isSquare ? rows : lanczosSums(width, box.width / width);
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
  const columnPairs = Math.ceil((columns[0]?.weights.length ?? 0) / 2);
  const left = Math.max(0, -(columns[0]?.first ?? 0));
  const right = Math.max(0, (columns.at(-1)?.first ?? 0) + 2 * columnPairs - box.width);
  const groups = Math.ceil(height / GROUP);
  const stride = spaceFor(box.width * 3);
  let next = 0;
  const place = (size: number): number => {
    const at = next;
    next += spaceFor(size);
    return at;
  };
  return {
    key,
    rowSources: place(groups * GROUP * rowPairs * 8),
    rowWeights: place(groups * GROUP * rowPairs * 4),
    rowPairs,
    columnOffsets: place(width * 4),
    columnWeights: place(width * columnPairs * 4),
    columnPairs,
    group: place(GROUP * stride),
    stride,
    line: place((left + box.width + right) * PIXEL + GROUP * SLACK),
    left,
    right,
    result: place(groups * GROUP * width * 3),
    part: next,
  };
}

/** Where so many bytes may be read and written beyond `size`, and the next part begins at a multiple of that. */
function spaceFor(size: number): number {
  return Math.ceil((size + SLACK) / SLACK) * SLACK;
}

function writeTables(
  view: DataView,
  layout: Layout,
  box: CropBox,
  rows: readonly WeightedSum[],
  columns: readonly WeightedSum[],
): void {
  const last = rows.at(-1);
  const missing = last ? Array<WeightedSum>((GROUP - (rows.length % GROUP)) % GROUP).fill(last) : [];
  [...rows, ...missing].forEach(({ first, weights }, row) => {
    for (let index = 0; index < 2 * layout.rowPairs; index++) {
      const at = 2 * row * layout.rowPairs + index;
      const from = Math.min(box.height - 1, Math.max(0, first + index));
      view.setUint32(layout.rowSources + 4 * at, layout.part + from * box.width * 3, true);
      view.setInt16(layout.rowWeights + 2 * at, weights[index] ?? 0, true);
    }
  });
  columns.forEach(({ first, weights }, column) => {
    view.setUint32(layout.columnOffsets + 4 * column, PIXEL * (first + layout.left), true);
    const begin = layout.columnWeights + 4 * layout.columnPairs * column;
    for (let index = 0; index < 2 * layout.columnPairs; index++)
      view.setInt16(begin + 2 * index, weights[index] ?? 0, true);
  });
}
