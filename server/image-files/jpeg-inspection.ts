import { joined, latin1 } from './byte-arrays.js';
import {
  damaged,
  type FileWarning,
  type Inspection,
  noPixels,
  tooManyPixels,
  unsupported,
} from './inspection.js';
import {
  type BlockReader,
  type Component,
  type Frame,
  huffmanTable,
  type HuffmanTable,
  type Scan,
  SLACK,
} from './jpeg-entropy.js';
import { readProgressiveInterval } from './jpeg-progressive.js';
import { readSequentialInterval } from './jpeg-sequential.js';
import { looksAltered } from './jpeg-quantisation.js';
import { MAX_PIXELS } from './limits.js';

// Markers of ITU-T T.81, table B.1.
const [SOF0, DHT, RST0, RST7, SOI, EOI, SOS, DQT, DNL, DRI, TEM] = [
  0xc0, 0xc4, 0xd0, 0xd7, 0xd8, 0xd9, 0xda, 0xdb, 0xdc, 0xdd, 0x01,
];
const JPG = 0xc8;
const DAC = 0xcc;
const SOF_JPEG_LS = 0xf7;
/** Segments that hold Exif and XMP, and an ICC profile. */
const [APP1, APP2] = [0xe1, 0xe2];

const PLAIN = 'Export it as a plain JPEG with 8 bits per channel, or as a PNG.';

/** Frames that no decoder here reads, by their marker. */
const OTHER_FRAMES: Record<number, string> = {
  0xc3: 'a lossless JPEG',
  0xc5: 'a hierarchical JPEG',
  0xc6: 'a hierarchical JPEG',
  0xc7: 'a hierarchical JPEG',
  0xc9: 'a JPEG with arithmetic coding',
  0xca: 'a JPEG with arithmetic coding',
  0xcb: 'a lossless JPEG with arithmetic coding',
  0xcd: 'a hierarchical JPEG with arithmetic coding',
  0xce: 'a hierarchical JPEG with arithmetic coding',
  0xcf: 'a hierarchical JPEG with arithmetic coding',
  [SOF_JPEG_LS]: 'a JPEG-LS image',
};

/** The number of surplus bytes at the end of a scan that count as a fault of the camera. More indicate damage. */
const SURPLUS_AT_MOST = 256;

/**
 * Scans that a file may have. Encoders write about ten, those that look for the smallest file up to 64. A scan can be so short
 * that a file of a few megabytes has a million of them, each of which goes over the whole picture.
 */
const MOST_SCANS = 100;

/** The largest number of places at which stray bytes are removed. More indicate damage. */
const MOST_CUTS = 10_000;

/** Above this, a progressive file's coefficients are not followed: they would take 64 bytes a block. */
const FOLLOWED_PIXELS = 12_000_000;

/**
 * Follows a JPEG from its first marker to its last and reads every Huffman code between, without making pixels of them:
 * JPEG has no checksum, so this is the only way to detect damage in a file that decodes. Each scan must hold exactly the blocks that
 * its frame has, and end at a marker.
 *
 * Faults that cameras are known for and that leave the pixels whole (stray bytes between markers or at the end of a scan,
 * a wrong spectral selection in a sequential scan) are repaired in a copy, so that the decoder need not be lenient.
 *
 * Throws UnreadableImageError for a damaged file, and for a kind of JPEG that is not read. Files that end in the headers are
 * left to the decoder where they are too short to tell.
 *
 * @param mostPixels the largest width × height of the picture. Defaults to 50 million
 */
export function inspectJpeg(bytes: Uint8Array, mostPixels = MAX_PIXELS): JpegInspection {
  return new JpegInspector(bytes, mostPixels).inspect();
}

export interface JpegInspection extends Inspection {
  /** Of a JPEG with three components that says nothing of how to turn it or of its colours; null for any other. */
  readonly plainSize: { readonly width: number; readonly height: number } | null;
  /** The number of colour components: 1 for greyscale, 3 for colours, 4 for those of printing. */
  readonly components: number;
  /** The Exif block. */
  readonly exif: Uint8Array | null;
  readonly hasProfile: boolean;
}

class JpegInspector {
  readonly #view: DataView;
  readonly #cuts: [from: number, to: number][] = [];
  readonly #patches: [at: number, value: number][] = [];
  readonly #warnings = new Set<FileWarning>();
  readonly #dc: (HuffmanTable | undefined)[] = [];
  readonly #ac: (HuffmanTable | undefined)[] = [];
  /** The first value of each quantisation table: the step of the mean of a block. */
  readonly #dcSteps: number[] = [];
  #restartInterval = 0;
  #frame: Frame | null = null;
  #scans = 0;
  #exif: Uint8Array | null = null;
  #hasProfile = false;
  #isPlain = true;

  constructor(
    readonly bytes: Uint8Array,
    readonly mostPixels: number,
  ) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  inspect(): JpegInspection {
    const { bytes } = this;
    let at = 2;
    for (;;) {
      at = this.#markerFrom(at);
      const marker = bytes[at + 1] ?? 0;
      if (marker === EOI) break;
      if (marker === SOI || marker === TEM || (marker >= RST0 && marker <= RST7)) {
        this.#cut(at, at + 2);
        at += 2;
        continue;
      }
      if (at + 4 > bytes.length) throw damaged();
      const end = at + 2 + this.#view.getUint16(at + 2);
      if (end > bytes.length || end < at + 4) throw damaged();
      this.#segment(marker, at + 4, end);
      at = marker === SOS ? this.#scan(at + 4, end) : end;
    }
    this.#end(at + 2);
    const { width = 0, height = 0, components = [] } = this.#frame ?? {};
    const isPlain = this.#isPlain && components.length === 3;
    return {
      bytes: this.#repaired(),
      warnings: [...this.#warnings],
      plainSize: isPlain ? { width, height } : null,
      components: components.length,
      exif: this.#exif,
      hasProfile: this.#hasProfile,
    };
  }

  /** The next marker from `at` on; what lies between is cut out. */
  #markerFrom(at: number): number {
    const { bytes } = this;
    for (let next = at; ; next++) {
      next = bytes.indexOf(0xff, next);
      if (next < 0 || next + 1 >= bytes.length) throw damaged();
      const marker = bytes[next + 1] ?? 0;
      if (marker === 0 || marker === 0xff) continue; // a stuffed byte; a fill byte
      if (bytes.subarray(at, next).some((byte) => byte !== 0xff)) this.#cut(at, next);
      return next;
    }
  }

  #segment(marker: number, from: number, end: number): void {
    if (marker === DHT) this.#huffmanTables(from, end);
    else if (marker === DQT) this.#quantisationTables(from, end);
    else if (marker === APP1 || marker === APP2) this.#profileOrExif(this.bytes.subarray(from, end));
    else if (marker === DRI) this.#restarts(from, end);
    else if (marker === DNL) throw unsupported('a JPEG that states its height after the picture', PLAIN);
    else if (marker in OTHER_FRAMES) throw unsupported(OTHER_FRAMES[marker] ?? '', PLAIN);
    else if (marker >= SOF0 && marker <= 0xcf && marker !== JPG && marker !== DAC)
      this.#startFrame(marker, from, end);
  }

  #profileOrExif(segment: Uint8Array): void {
    this.#isPlain = false;
    const name = latin1(segment.subarray(0, 11));
    if (name.startsWith('Exif\0\0')) this.#exif ??= segment;
    if (name === 'ICC_PROFILE') this.#hasProfile = true;
  }

  #restarts(from: number, end: number): void {
    if (end - from < 2) throw damaged();
    this.#restartInterval = this.#view.getUint16(from);
  }

  #huffmanTables(from: number, end: number): void {
    for (let at = from; at + 17 <= end;) {
      const [kind, number] = [(this.bytes[at] ?? 0) >> 4, (this.bytes[at] ?? 0) & 15];
      const table = huffmanTable(this.bytes.subarray(at + 1, end));
      if (!table || kind > 1 || number > 3) throw damaged();
      (kind === 0 ? this.#dc : this.#ac)[number] = table;
      at += 17 + table.symbols.length;
    }
  }

  #quantisationTables(from: number, end: number): void {
    for (let at = from; at < end;) {
      const [precision, number] = [(this.bytes[at] ?? 0) >> 4, (this.bytes[at] ?? 0) & 15];
      const wide = precision > 0;
      const length = wide ? 128 : 64;
      if (at + 1 + length > end || precision > 1 || number > 3) throw damaged();
      const values = Array.from({ length: 64 }, (_, index) =>
        wide ? this.#view.getUint16(at + 1 + 2 * index) : this.#view.getUint8(at + 1 + index),
      );
      if (values.includes(0)) throw damaged();
      if (looksAltered(values)) this.#warnings.add('POSSIBLY_DAMAGED');
      this.#dcSteps[number] = values[0] ?? 1;
      at += 1 + length;
    }
  }

  #startFrame(marker: number, from: number, end: number): void {
    if (this.#frame || end - from < 6) throw damaged();
    const precision = this.bytes[from] ?? 0;
    if (precision === 12 || precision === 16)
      throw unsupported(`a JPEG with ${precision} bits per channel`, PLAIN);
    if (precision !== 8) throw damaged();
    const height = this.#view.getUint16(from + 1);
    const width = this.#view.getUint16(from + 3);
    if (width === 0 || height === 0) throw noPixels();
    if (width * height > this.mostPixels) throw tooManyPixels();
    const count = this.bytes[from + 5] ?? 0;
    if (end - from < 6 + 3 * count || count === 0 || count > 4) throw damaged();
    const samplings = Array.from({ length: count }, (_, index) => {
      const [id = 0, sampling = 0, table = 0] = this.bytes.subarray(from + 6 + 3 * index);
      const [across, down] = [sampling >> 4, sampling & 15];
      if (across < 1 || across > 4 || down < 1 || down > 4) throw damaged();
      return { id, across, down, table };
    });
    const most = {
      across: Math.max(...samplings.map(({ across }) => across)),
      down: Math.max(...samplings.map(({ down }) => down)),
    };
    const columns = Math.ceil(width / (8 * most.across));
    const rows = Math.ceil(height / (8 * most.down));
    const progressive = marker === 0xc2;
    const followed = progressive && width * height <= FOLLOWED_PIXELS;
    const components = samplings.map(({ across, down, ...rest }): Component => ({
      ...rest,
      across,
      down,
      stride: columns * across,
      columns: Math.ceil(Math.ceil((width * across) / most.across) / 8),
      rows: Math.ceil(Math.ceil((height * down) / most.down) / 8),
      known: followed ? new Uint8Array(columns * across * rows * down * 64) : null,
      isRead: false,
      lowestBit: new Uint8Array(64).fill(0xff),
    }));
    this.#frame = { width, height, progressive, followed, columns, rows, components };
  }

  /** @returns where the marker after the scan is */
  #scan(from: number, end: number): number {
    const frame = this.#frame;
    if (!frame) throw damaged();
    if (++this.#scans > MOST_SCANS) throw unsupported(`a JPEG with more than ${MOST_SCANS} scans`, PLAIN);
    const scan = this.#scanHeader(frame, from, end);
    const each = this.#restartInterval || scan.units;
    const count = Math.ceil(scan.units / each);
    const intervals = this.#intervals(end, count);
    const follow: BlockReader | null = !frame.progressive
      ? readSequentialInterval
      : frame.followed
        ? readProgressiveInterval
        : null;
    for (const component of scan.components) {
      component.isRead = true;
      component.lowestBit.fill(scan.low, scan.first, scan.last + 1);
    }
    if (!follow) return intervals.end;

    if (intervals.parts.length !== count) throw damaged();
    intervals.parts.forEach(([start, stop], index) => {
      const data = unstuffed(this.bytes, start, stop);
      const used = follow(frame, scan, data, index * each, Math.min(each, scan.units - index * each));
      this.#surplus(data, used, start, stop);
    });
    return intervals.end;
  }

  #scanHeader(frame: Frame, from: number, end: number): Scan {
    const count = this.bytes[from] ?? 0;
    const tail = from + 1 + 2 * count;
    if (count < 1 || count > 4 || tail + 3 > end) throw damaged();
    const components: Component[] = [];
    const tables: { dc?: HuffmanTable; ac?: HuffmanTable; dcStep: number }[] = [];
    for (let index = 0; index < count; index++) {
      const [id, selectors = 0] = this.bytes.subarray(from + 1 + 2 * index);
      const component = frame.components.find((each) => each.id === id);
      if (!component || components.includes(component)) throw damaged();
      components.push(component);
      tables.push({
        dc: this.#dc[selectors >> 4],
        ac: this.#ac[selectors & 15],
        dcStep: this.#dcSteps[component.table] ?? 1,
      });
    }
    const [only] = components;
    const units = only && count === 1 ? only.columns * only.rows : frame.columns * frame.rows;
    const [first = 0, last = 0, bits = 0] = this.bytes.subarray(tail);
    if (frame.progressive) {
      const [high, low] = [bits >> 4, bits & 15];
      if (first > last || last > 63 || low > 13 || (first > 0 && count > 1)) throw damaged();
      return { components, tables, units, first, last, high, low };
    }
    // A sequential scan has all coefficients and all bits, so these fields are ignored.
    for (const [index, [value, right]] of [
      [first, 0] as const,
      [last, 63] as const,
      [bits, 0] as const,
    ].entries()) {
      if (value === right) continue;
      this.#patches.push([tail + index, right]);
      this.#warnings.add('FILE_FAULT');
    }
    return { components, tables, units, first: 0, last: 63, high: 0, low: 0 };
  }

  /** The parts of a scan between its restart markers, `most` of them, and where the marker after it is. */
  #intervals(from: number, most: number): { parts: [from: number, to: number][]; end: number } {
    const { bytes } = this;
    const parts: [number, number][] = [];
    let start = from;
    for (let at = bytes.indexOf(0xff, from); at >= 0 && at + 1 < bytes.length; at = bytes.indexOf(0xff, at)) {
      const marker = bytes[at + 1] ?? 0;
      if (marker === 0) at += 2;
      else if (marker === 0xff) at += 1;
      else if (marker >= RST0 && marker <= RST7) {
        if (this.#restartInterval === 0 || marker - RST0 !== parts.length % 8) throw damaged();
        parts.push([start, at]);
        if (parts.length >= most) throw damaged();
        at += 2;
        start = at;
      } else {
        parts.push([start, at]);
        return { parts, end: at };
      }
    }
    throw damaged();
  }

  /**
   * What is left of a part of a scan once its blocks are read: at most seven bits of one kind, to fill the last byte. Some
   * cameras write a few bytes more; a damaged file has more left, or bits of both kinds.
   */
  #surplus(data: Uint8Array, used: number, start: number, stop: number): void {
    const whole = Math.ceil(used / 8);
    const left = data.length - SLACK - whole;
    if (left < 0) throw damaged();
    if (left === 0) return;
    const unused = used % 8 === 0 ? 0 : 0xff >> (used % 8);
    const filling = (data[whole - 1] ?? 0) & unused;
    const uniform = filling === 0 || filling === unused;
    if (left > SURPLUS_AT_MOST || !uniform) throw damaged();
    this.#cut(rawOffset(this.bytes, start, whole), stop);
  }

  #end(from: number): void {
    const frame = this.#frame;
    if (!frame) throw damaged();
    if (!frame.components.every(({ isRead }) => isRead)) throw damaged();
    const complete = ({ lowestBit }: Component) => lowestBit.every((bit) => bit === 0);
    if (!frame.components.every(complete)) this.#warnings.add('POSSIBLY_DAMAGED');
    if (!isKnownTrailer(this.bytes.subarray(from))) this.#warnings.add('FILE_FAULT');
  }

  #cut(from: number, to: number): void {
    if (this.#cuts.length === MOST_CUTS) throw damaged();
    this.#cuts.push([from, to]);
    this.#warnings.add('FILE_FAULT');
  }

  #repaired(): Uint8Array {
    if (this.#cuts.length === 0 && this.#patches.length === 0) return this.bytes;
    const copy = Uint8Array.from(this.bytes);
    for (const [at, value] of this.#patches) copy[at] = value;
    const kept: Uint8Array[] = [];
    let from = 0;
    for (const [start, stop] of this.#cuts) {
      kept.push(copy.subarray(from, start));
      from = stop;
    }
    return joined([...kept, copy.subarray(from)]);
  }
}

/** A part of a scan without the zero that follows each byte 0xFF, and with `SLACK` bytes behind. */
function unstuffed(bytes: Uint8Array, from: number, to: number): Uint8Array {
  const data = new Uint8Array(to - from + SLACK);
  let length = 0;
  let start = from;
  for (let at = bytes.indexOf(0xff, from); at >= 0 && at < to; at = bytes.indexOf(0xff, at + 1)) {
    data.set(bytes.subarray(start, at + 1), length);
    length += at + 1 - start;
    start = at + 1;
    while (start < to && bytes[start] === 0xff) start++; // fill bytes
    if (bytes[start] === 0) start++;
    at = start - 1;
  }
  if (start < to) {
    data.set(bytes.subarray(start, to), length);
    length += to - start;
  }
  return data.subarray(0, length + SLACK);
}

/** Where in the file the unstuffed byte number `count` of the part that begins at `from` is. */
function rawOffset(bytes: Uint8Array, from: number, count: number): number {
  let at = from;
  for (let index = 0; index < count; index++) at += bytes[at] === 0xff ? 2 : 1;
  return at;
}

/** Nothing, filling, or another picture or film, as phones append them. */
function isKnownTrailer(trailer: Uint8Array): boolean {
  const filling = trailer[0];
  if (filling === undefined) return true;
  if (trailer[0] === 0xff && trailer[1] === 0xd8) return true;
  if (latin1(trailer.subarray(4, 8)) === 'ftyp') return true;
  return (filling === 0 || filling === 0xff) && trailer.every((byte) => byte === filling);
}
