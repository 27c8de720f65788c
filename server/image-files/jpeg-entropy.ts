/** A Huffman table for reading 16 bits ahead. */
export interface HuffmanTable {
  /** In the order of their codes. */
  readonly symbols: Uint8Array;
  /** By the next 9 bits: symbol × 256 + bits of its code; 0 where the code is longer. */
  readonly short: Uint16Array;
  /** By length 1–16: the first value, of 16 bits, that is beyond the codes of this length. */
  readonly beyond: Int32Array;
  /** By length: what added to a code gives its place among the symbols. */
  readonly offsets: Int32Array;
}

/** A colour component of a frame. */
export interface Component {
  readonly id: number;
  /** Number of its quantisation table. */
  readonly table: number;
  /** Its blocks in a unit of an interleaved scan. */
  readonly across: number;
  readonly down: number;
  /** Blocks in a row as interleaved scans count them, with those that fill up the last unit. */
  readonly stride: number;
  /** Blocks as a scan of this component alone counts them. */
  readonly columns: number;
  readonly rows: number;
  /** `[blocks, 64]`, of a progressive frame: 1 where an earlier scan has a coefficient other than 0. */
  readonly known: Uint8Array | null;
  isRead: boolean;
  /** For each coefficient, the lowest bit that a scan has coded; 255 for none. */
  readonly lowestBit: Uint8Array;
}

export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly progressive: boolean;
  /** Whether its components know their coefficients. */
  readonly followed: boolean;
  /** Units (MCU) of an interleaved scan. */
  readonly columns: number;
  readonly rows: number;
  readonly components: readonly Component[];
}

export interface Scan {
  readonly components: readonly Component[];
  /** One for each component. `dcStep`: its quantisation step of the mean of a block. */
  readonly tables: readonly {
    readonly dc?: HuffmanTable;
    readonly ac?: HuffmanTable;
    readonly dcStep: number;
  }[];
  /** Units in the scan: MCU, or blocks where it has one component. */
  readonly units: number;
  /** First and last coefficient, 0–63, and the bits that it adds: from `high` (0 in a first scan) down to `low`. */
  readonly first: number;
  readonly last: number;
  readonly high: number;
  readonly low: number;
}

/**
 * Reads the units from `firstUnit` on of a part of a scan, between two restart markers.
 *
 * @param data without stuffed bytes, and with `SLACK` bytes behind
 * @returns how many bits they took; throws UnreadableImageError where they are not what an encoder writes
 */
export type BlockReader = (
  frame: Frame,
  scan: Scan,
  data: Uint8Array,
  firstUnit: number,
  units: number,
) => number;

/**
 * Bytes behind the data that may be read, and are no data: more than a block can take (64 codes of 16 bits with values of 15),
 * so that what is read of one need not be checked before its end.
 */
export const SLACK = 264;

const SHORT = 9;

/** The table that a DHT segment describes from `bytes` on (ITU-T T.81, annex C); null where it cannot be one. */
export function huffmanTable(bytes: Uint8Array): HuffmanTable | null {
  const counts = bytes.subarray(0, 16);
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total > 256 || bytes.length < 16 + total) return null;
  const symbols = bytes.subarray(16, 16 + total);
  const short = new Uint16Array(1 << SHORT);
  const beyond = new Int32Array(17);
  const offsets = new Int32Array(17);
  let code = 0;
  let place = 0;
  for (let length = 1; length <= 16; length++) {
    const count = counts[length - 1] ?? 0;
    offsets[length] = place - code;
    if (length <= SHORT) {
      for (let index = 0; index < count; index++) {
        const from = (code + index) << (SHORT - length);
        short.fill(((symbols[place + index] ?? 0) << 8) | length, from, from + (1 << (SHORT - length)));
      }
    }
    place += count;
    code += count;
    if (code > 1 << length) return null;
    beyond[length] = code << (16 - length);
    code <<= 1;
  }
  return { symbols, short, beyond, offsets };
}

/** Symbol × 256 + bits of the code that the 16 bits `ahead` begin with; 0 for none. */
export function symbolOf({ short, beyond, offsets, symbols }: HuffmanTable, ahead: number): number {
  const found = short[ahead >> (16 - SHORT)] ?? 0;
  if (found !== 0) return found;
  for (let length = SHORT + 1; length <= 16; length++) {
    if (ahead < (beyond[length] ?? 0)) {
      return ((symbols[(ahead >> (16 - length)) + (offsets[length] ?? 0)] ?? 0) << 8) | length;
    }
  }
  return 0;
}

/** The 16 bits from bit `position` on. */
export function bitsAhead(data: Uint8Array, position: number): number {
  const at = position >> 3;
  const three = ((data[at] ?? 0) << 16) | ((data[at + 1] ?? 0) << 8) | (data[at + 2] ?? 0);
  return (three >> (8 - (position & 7))) & 0xffff;
}

/** `size` bits, of which 16 are `ahead` after `skipped`, as the difference they stand for (T.81, F.2.2.1: EXTEND). */
export function differenceOf(bits: number, size: number): number {
  return size > 0 && bits < 1 << (size - 1) ? bits - (1 << size) + 1 : bits;
}

/** The mean of a block, eight times over, is within −1024 and 1016; quantised, within a step of that, and one for rounding. */
export function isPossibleMean(value: number, step: number): boolean {
  return Math.abs(value * step) <= 1024 + 2 * step;
}
