import { damaged } from './inspection.js';
import {
  bitsAhead,
  type BlockReader,
  type Component,
  differenceOf,
  type HuffmanTable,
  isPossibleMean,
  type Scan,
  symbolOf,
} from './jpeg-entropy.js';

/** Reads blocks of a progressive frame (ITU-T T.81, annex G). See {@link BlockReader}. */
export const readProgressiveInterval: BlockReader = (frame, scan, data, firstUnit, units) => {
  const reader = new ProgressiveReader(scan, data);
  const [only] = scan.components;
  for (let unit = firstUnit; unit < firstUnit + units; unit++) {
    if (only && scan.components.length === 1) {
      const block = Math.floor(unit / only.columns) * only.stride + (unit % only.columns);
      reader.read(only, 0, block);
    } else {
      const [row, column] = [Math.floor(unit / frame.columns), unit % frame.columns];
      scan.components.forEach((component, index) => {
        for (let y = 0; y < component.down; y++) {
          for (let x = 0; x < component.across; x++) {
            const block = (row * component.down + y) * component.stride + column * component.across + x;
            reader.read(component, index, block);
          }
        }
      });
    }
    if (reader.position >> 3 > data.length) throw damaged();
  }
  if (reader.endOfBandRun > 0) throw damaged();
  return reader.position;
};

class ProgressiveReader {
  position = 0;
  /** Blocks to come that have no further coefficient in this band. */
  endOfBandRun = 0;
  readonly #means: number[];

  constructor(
    readonly scan: Scan,
    readonly data: Uint8Array,
  ) {
    this.#means = scan.components.map(() => 0);
  }

  read(component: Component, index: number, block: number): void {
    const { first, high } = this.scan;
    const table = this.scan.tables[index];
    if (first === 0) {
      if (this.scan.last !== 0) throw damaged();
      if (high > 0) this.position += 1;
      else this.#firstMean(index, table?.dc, table?.dcStep ?? 1);
      return;
    }
    if (!table?.ac || !component.known) throw damaged();
    const known = component.known.subarray(64 * block, 64 * block + 64);
    if (high > 0) this.#refine(table.ac, known);
    else this.#firstBand(table.ac, known);
  }

  #firstMean(index: number, table: HuffmanTable | undefined, step: number): void {
    if (!table) throw damaged();
    const size = this.#symbol(table);
    if (size > 11) throw damaged();
    const mean = (this.#means[index] ?? 0) + differenceOf(this.#bits(size), size);
    if (!isPossibleMean(mean * 2 ** this.scan.low, step)) throw damaged();
    this.#means[index] = mean;
  }

  #firstBand(table: HuffmanTable, known: Uint8Array): void {
    if (this.endOfBandRun > 0) {
      this.endOfBandRun--;
      return;
    }
    const { first, last } = this.scan;
    let coefficient = first;
    while (coefficient <= last) {
      const symbol = this.#symbol(table);
      const [run, size] = [symbol >> 4, symbol & 15];
      if (size === 0) {
        if (run < 15) {
          this.endOfBandRun = (1 << run) + this.#bits(run) - 1;
          return;
        }
        coefficient += 16;
        continue;
      }
      this.position += size;
      coefficient += run;
      if (coefficient > last) throw damaged();
      known[coefficient++] = 1;
    }
    if (coefficient > last + 1) throw damaged();
  }

  /** One more bit of each coefficient that is known, and new ones of ±1 between them. */
  #refine(table: HuffmanTable, known: Uint8Array): void {
    const { first, last } = this.scan;
    let coefficient = first;
    if (this.endOfBandRun === 0) {
      while (coefficient <= last) {
        const symbol = this.#symbol(table);
        const [run, size] = [symbol >> 4, symbol & 15];
        if (size > 1) throw damaged();
        if (size === 0 && run < 15) {
          this.endOfBandRun = (1 << run) + this.#bits(run);
          break;
        }
        if (size === 1) this.position += 1; // the sign
        let zeros = run;
        for (; coefficient <= last; coefficient++) {
          if (known[coefficient] === 1) this.position += 1;
          else if (zeros-- === 0) break;
        }
        if (size === 1) {
          if (coefficient > last) throw damaged();
          known[coefficient] = 1;
        }
        coefficient++;
      }
    }
    if (this.endOfBandRun > 0) {
      for (; coefficient <= last; coefficient++) if (known[coefficient] === 1) this.position += 1;
      this.endOfBandRun--;
    }
  }

  #symbol(table: HuffmanTable): number {
    const found = symbolOf(table, bitsAhead(this.data, this.position));
    if (found === 0) throw damaged();
    this.position += found & 0xff;
    return found >> 8;
  }

  #bits(count: number): number {
    const bits = bitsAhead(this.data, this.position) >> (16 - count);
    this.position += count;
    return bits;
  }
}
