import { looksAltered } from '../image-files/jpeg-quantisation.js';
import type { Picture } from '../pixels/prepare-pixels.js';
import { growTo, type KernelMemory, openKernel } from '../pixels/sums/open-kernel.js';
import { JPEG_KERNEL } from './jpeg-kernel.js';

// Markers of ITU-T T.81, table B.1.
const [SOF0, DHT, SOI, SOS, DQT, COM] = [0xc0, 0xc4, 0xd8, 0xda, 0xdb, 0xfe];
const [APP0, APP1, APP2, APP14, APP15] = [0xe0, 0xe1, 0xe2, 0xee, 0xef];

/** Larger pictures would keep this memory on every thread. */
const MOST_PIXELS = 2_000_000;
/** The kernel reads so many bytes beyond the data (a block: 64 codes of 16 bits with values of 15), and writes fewer beyond rows. */
const SLACK = 264;

export interface PlainJpeg extends Picture {
  /** Whether a quantisation table looks like one of libjpeg's with a few changed values. */
  readonly isAltered: boolean;
}

/**
 * Decodes the usual JPEG: baseline, three components in one scan, colours whole (4:4:4) or halved (4:2:2, 4:2:0), without restart
 * markers, and without a profile of its colours or a note on how to turn it. The pixels are those that libjpeg-turbo gives. It reads every
 * bit, and returns null for a file that is of another kind, too large, or not exactly as encoders write it: `openImage` then
 * finds out what it is. A pipeline of sharp takes two to four times as long for a picture of one cell.
 */
export function decodePlainJpeg(bytes: Uint8Array): PlainJpeg | null {
  const headers = readHeaders(bytes);
  return headers && decoder().decode(bytes, headers);
}

/** Pixels that are not used any more. Fresh memory for each picture costs as much as half of its scan. */
const spare: Uint8Array[] = [];
const MOST_SPARE = 4;

/** Gives back the pixels of a picture for the next ones. Nothing may use them any more. */
export function recyclePixels(pixels: Uint8Array): void {
  if (spare.length < MOST_SPARE) spare.push(new Uint8Array(pixels.buffer));
}

function copyOf(pixels: Uint8Array): Uint8Array {
  const index = spare.findIndex(({ length }) => length >= pixels.length);
  const [memory] = index < 0 ? [] : spare.splice(index, 1);
  if (!memory) return pixels.slice();
  memory.set(pixels);
  return memory.subarray(0, pixels.length);
}

/** What comes before the scan. Places are those of bytes in the file. */
interface Headers {
  readonly width: number;
  readonly height: number;
  /** Samples of brightness for each sample of colour: 1 or 2. */
  readonly across: number;
  readonly down: number;
  /** For each component, the number of its quantisation table. */
  readonly steps: readonly number[];
  /** By number: where the 64 steps begin. */
  readonly quantisation: ReadonlyMap<number, number>;
  /** By number, and 4 more for coefficients other than means: where the numbers of codes begin. */
  readonly huffman: ReadonlyMap<number, number>;
  readonly scan: Scan;
}

interface Scan {
  /** For each component, the numbers of its Huffman tables. */
  readonly tables: readonly { readonly means: number; readonly others: number }[];
  readonly data: number;
}

/** Reads the headers; null for those of any other kind. */
function readHeaders(bytes: Uint8Array): Headers | null {
  if (bytes[0] !== 0xff || bytes[1] !== SOI) return null;
  const quantisation = new Map<number, number>();
  const huffman = new Map<number, number>();
  let frame: Pick<Headers, 'width' | 'height' | 'across' | 'down' | 'steps'> | null = null;
  for (let at = 2; at + 4 <= bytes.length;) {
    const marker = bytes[at + 1] ?? 0;
    const from = at + 4;
    const end = at + 2 + uint16(bytes, at + 2);
    if (bytes[at] !== 0xff || end < from || end > bytes.length) return null;
    if (marker === SOS) {
      const scan = frame && readScanHeader(bytes, from, end);
      return scan && frame && { ...frame, quantisation, huffman, scan };
    } else if (marker === SOF0) {
      if (frame) return null;
      frame = readFrame(bytes, from, end);
      if (!frame) return null;
    } else if (marker === DQT) {
      if (!readQuantisation(bytes, from, end, quantisation)) return null;
    } else if (marker === DHT) {
      if (!readHuffman(bytes, from, end, huffman)) return null;
    } else if (!saysNothing(marker)) return null;
    at = end;
  }
  return null;
}

/** Comments, and data of programs other than Exif, ICC profiles and Adobe's kinds of colours. */
function saysNothing(marker: number): boolean {
  const isData = marker >= APP0 && marker <= APP15;
  return marker === COM || (isData && ![APP1, APP2, APP14].includes(marker));
}

function readFrame(
  bytes: Uint8Array,
  from: number,
  end: number,
): Pick<Headers, 'width' | 'height' | 'across' | 'down' | 'steps'> | null {
  const [precision, count] = [bytes[from], bytes[from + 5]];
  if (precision !== 8 || count !== 3 || end - from !== 15) return null;
  const [height, width] = [uint16(bytes, from + 1), uint16(bytes, from + 3)];
  if (width * height === 0 || width * height > MOST_PIXELS) return null;
  const [first, second, third] = [6, 9, 12].map((offset) => bytes[from + offset + 1]);
  if (second !== 0x11 || third !== 0x11 || ![0x11, 0x21, 0x22].includes(first ?? 0)) return null;
  const [across, down] = [(first ?? 0) >> 4, (first ?? 0) & 15];
  if (across === 2 && width < 5) return null; // so narrow, colours are not smoothed
  // Other numbers than 1, 2, 3 may mean that the components are red, green and blue.
  if ([6, 9, 12].some((offset, index) => bytes[from + offset] !== index + 1)) return null;
  const steps = [6, 9, 12].map((offset) => bytes[from + offset + 2] ?? 0);
  return { width, height, across, down, steps };
}

function readQuantisation(
  bytes: Uint8Array,
  from: number,
  end: number,
  tables: Map<number, number>,
): boolean {
  let at = from;
  for (; at + 65 <= end; at += 65) {
    const number = bytes[at] ?? 0; // above 15 with steps of 16 bits
    if (number > 3 || bytes.subarray(at + 1, at + 65).includes(0)) return false;
    tables.set(number, at + 1);
  }
  return at === end;
}

function readHuffman(bytes: Uint8Array, from: number, end: number, tables: Map<number, number>): boolean {
  let at = from;
  while (at + 17 <= end) {
    const [kind, number] = [(bytes[at] ?? 0) >> 4, (bytes[at] ?? 0) & 15];
    if (kind > 1 || number > 3) return false;
    tables.set(kind * 4 + number, at + 1);
    at += 17 + bytes.subarray(at + 1, at + 17).reduce((sum, count) => sum + count, 0);
  }
  return at === end;
}

function readScanHeader(bytes: Uint8Array, from: number, end: number): Scan | null {
  const tail = from + 7;
  if (bytes[from] !== 3 || end !== tail + 3) return null;
  if (bytes[tail] !== 0 || bytes[tail + 1] !== 63 || bytes[tail + 2] !== 0) return null;
  const tables: { means: number; others: number }[] = [];
  for (const id of [1, 2, 3]) {
    const [found, numbers = 0] = bytes.subarray(from + 2 * id - 1);
    if (found !== id || numbers >> 4 > 3) return null;
    tables.push({ means: numbers >> 4, others: 4 + (numbers & 15) });
  }
  return { tables, data: end };
}

function uint16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

/** What `jpeg-kernel.as` exports. Truth is 0 or 1. */
interface Kernel {
  readonly memory: KernelMemory;
  readonly base: () => number;
  readonly quantisationTable: (number: number) => number;
  readonly makeHuffmanTable: (number: number, from: number) => number;
  readonly setComponent: (
    index: number,
    across: number,
    down: number,
    samples: number,
    stride: number,
    steps: number,
    means: number,
    others: number,
  ) => void;
  readonly unstuff: (from: number, end: number) => number;
  readonly readScan: (from: number, end: number, columns: number, rows: number) => number;
  readonly widen: (to: number, from: number, count: number) => void;
  readonly widenBetween: (to: number, near: number, far: number, count: number) => void;
  readonly toRgb: (to: number, brightness: number, blue: number, red: number, width: number) => void;
}

let shared: Decoder | undefined;

/** That of this thread. */
function decoder(): Decoder {
  return (shared ??= new Decoder());
}

/** The samples of a component in the kernel's memory. */
interface Samples {
  /** Blocks in a unit of the scan, across and down. */
  readonly wide: number;
  readonly high: number;
  readonly at: number;
  /** Bytes from one row to the next. */
  readonly stride: number;
  /** Rows that show something. */
  readonly rows: number;
}

class Decoder {
  readonly #kernel: Kernel;
  readonly #base: number;
  #bytes: Uint8Array;
  /** The segments that the Huffman tables in the kernel were made of, by table. */
  readonly #made = new Map<number, Uint8Array>();
  /** The quantisation tables in the kernel, and whether they look altered, by table. */
  readonly #quantised = new Map<number, { readonly steps: Uint8Array; readonly isAltered: boolean }>();

  constructor() {
    this.#kernel = openKernel(JPEG_KERNEL) as Kernel; // its source is beside it
    this.#base = this.#kernel.base();
    this.#bytes = new Uint8Array(this.#kernel.memory.buffer);
  }

  decode(file: Uint8Array, headers: Headers): PlainJpeg | null {
    const { width, height, across, down, steps, scan } = headers;
    const columns = Math.ceil(width / (8 * across));
    const rows = Math.ceil(height / (8 * down));
    let next = this.#base;
    const place = (size: number): number => {
      const at = next;
      next += size + SLACK;
      return at;
    };
    const data = place(file.length - scan.data);
    const samples = steps.map((_, index): Samples => {
      const [wide, high] = index === 0 ? [across, down] : [1, 1];
      const stride = columns * wide * 8;
      const at = place(stride * rows * high * 8);
      return { wide, high, at, stride, rows: Math.ceil((height * high) / down) };
    });
    const lines = [place(columns * 16), place(columns * 16)] as const;
    const pixels = place(width * height * 3);
    this.#reserve(next);

    const isAltered = this.#makeTables(file, headers, data);
    if (isAltered === null) return null;
    samples.forEach(({ wide, high, at, stride }, index) => {
      const { means = 0, others = 0 } = scan.tables[index] ?? {};
      this.#kernel.setComponent(index, wide, high, at, stride, steps[index] ?? 0, means, others);
    });
    this.#bytes.set(file.subarray(scan.data), data);
    const end = this.#kernel.unstuff(data, data + file.length - scan.data);
    if (end === 0 || !this.#kernel.readScan(data, end, columns, rows)) return null;
    this.#colour(headers, samples, lines, pixels);
    const written = this.#bytes.subarray(pixels, pixels + width * height * 3);
    return { width, height, pixels: copyOf(written), isAltered };
  }

  /** Makes the tables that the scan uses, unless those of the last file are equal. Null if one is missing or faulty. */
  #makeTables(
    file: Uint8Array,
    { steps, quantisation, huffman, scan }: Headers,
    free: number,
  ): boolean | null {
    let isAltered = false;
    for (const [number, at] of quantisation) {
      isAltered = this.#quantise(number, file.subarray(at, at + 64)) || isAltered;
    }
    if (!steps.every((number) => quantisation.has(number))) return null;
    for (const number of new Set(scan.tables.flatMap(({ means, others }) => [means, others]))) {
      const at = huffman.get(number);
      if (at === undefined) return null;
      const codes = file.subarray(at, at + 16 + 256);
      const made = this.#made.get(number);
      if (made && Buffer.compare(made, codes.subarray(0, made.length)) === 0) continue;
      this.#bytes.set(codes, free);
      if (!this.#kernel.makeHuffmanTable(number, free)) {
        this.#made.delete(number);
        return null;
      }
      const count = codes.subarray(0, 16).reduce((sum, each) => sum + each, 0);
      this.#made.set(number, Uint8Array.from(codes.subarray(0, 16 + count)));
    }
    return isAltered;
  }

  /** Makes a quantisation table, unless that of the last file is equal. Whether it looks altered. */
  #quantise(number: number, steps: Uint8Array): boolean {
    const known = this.#quantised.get(number);
    if (known && Buffer.compare(known.steps, steps) === 0) return known.isAltered;
    new Uint16Array(this.#kernel.memory.buffer, this.#kernel.quantisationTable(number), 64).set(steps);
    const isAltered = looksAltered(Array.from(steps));
    this.#quantised.set(number, { steps: Uint8Array.from(steps), isAltered });
    return isAltered;
  }

  #reserve(end: number): void {
    if (end <= this.#bytes.length) return;
    growTo(this.#kernel.memory, end);
    this.#bytes = new Uint8Array(this.#kernel.memory.buffer);
  }

  /** Writes the rows of RGB. */
  #colour(
    { width, height, across, down }: Headers,
    samples: readonly Samples[],
    lines: readonly [number, number],
    pixels: number,
  ): void {
    const [brightness, blue, red] = samples;
    if (!brightness || !blue || !red) return;
    const count = Math.ceil(width / across);
    for (let row = 0; row < height; row++) {
      const near = Math.floor(row / down);
      const far = Math.min(blue.rows - 1, Math.max(0, near + (row % 2 === 0 ? -1 : 1)));
      const cb = this.#colourRow(blue, lines[0], near, far, count, across, down);
      const cr = this.#colourRow(red, lines[1], near, far, count, across, down);
      this.#kernel.toRgb(pixels + row * width * 3, brightness.at + row * brightness.stride, cb, cr, width);
    }
  }

  /** The address of a row of colours as wide as the picture: that of its samples, or of `line`, to which it is written. */
  #colourRow(
    { at, stride }: Samples,
    line: number,
    near: number,
    far: number,
    count: number,
    across: number,
    down: number,
  ): number {
    if (across === 1) return at + near * stride;
    if (down === 1) this.#kernel.widen(line, at + near * stride, count);
    else this.#kernel.widenBetween(line, at + near * stride, at + far * stride, count);
    return line;
  }
}
