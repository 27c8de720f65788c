import { crc32, deflateSync } from 'node:zlib';

const ascii = (text: string) => Buffer.from(text, 'latin1');

/** A PNG chunk with its checksum. */
export function pngChunk(type: string, content: Uint8Array): Buffer {
  const body = Buffer.concat([ascii(type), content]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(content.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}

/** A PNG with more chunks after its header. */
export function withPngChunks(png: Uint8Array, ...chunks: Uint8Array[]): Buffer {
  return Buffer.concat([png.subarray(0, 33), ...chunks, png.subarray(33)]);
}

export function uint32s(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, index) => bytes.writeUInt32BE(value, 4 * index));
  return bytes;
}

/** A JPEG with bytes put in front of its first marker of this kind. */
export function beforeMarker(jpeg: Buffer, marker: number, bytes: Uint8Array): Buffer {
  const at = jpeg.indexOf(Buffer.from([0xff, marker]), 2);
  return Buffer.concat([jpeg.subarray(0, at), bytes, jpeg.subarray(at)]);
}

/** A JPEG of which one byte, so many after the first marker of this kind, is another. */
export function withByteAfterMarker(jpeg: Buffer, marker: number, offset: number, value: number): Buffer {
  const copy = Buffer.from(jpeg);
  copy[copy.indexOf(Buffer.from([0xff, marker]), 2) + offset] = value;
  return copy;
}

/** An APP1 segment with Exif that says "uncalibrated", and by the interoperability index that it is Adobe RGB. */
export function adobeRgbExif(index = 'R03'): Buffer {
  const tiff = Buffer.alloc(80);
  tiff.write('MM\0*', 0, 'latin1');
  tiff.writeUInt32BE(8, 4);
  const entry = (at: number, tag: number, type: number, count: number, value: number | string) => {
    tiff.writeUInt16BE(tag, at);
    tiff.writeUInt16BE(type, at + 2);
    tiff.writeUInt32BE(count, at + 4);
    if (typeof value === 'string') tiff.write(value, at + 8, 'latin1');
    else if (type === 3) tiff.writeUInt16BE(value, at + 8);
    else tiff.writeUInt32BE(value, at + 8);
  };
  tiff.writeUInt16BE(1, 8);
  entry(10, 34665, 4, 1, 26);
  tiff.writeUInt16BE(2, 26);
  entry(28, 40961, 3, 1, 65535);
  entry(40, 40965, 4, 1, 56);
  tiff.writeUInt16BE(1, 56);
  entry(58, 1, 2, 4, `${index}\0`);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(2 + 6 + tiff.length);
  return Buffer.concat([Buffer.from([0xff, 0xe1]), length, ascii('Exif\0\0'), tiff]);
}

export interface TiffOptions {
  readonly width: number;
  readonly height: number;
  /** `[height, width, samples]`, or of 16 bits each. */
  readonly pixels: Uint8Array;
  readonly samples?: number;
  readonly bits?: number;
  readonly photometric?: number;
  readonly compression?: number;
  readonly extraSamples?: number;
  readonly rowsPerStrip?: number;
  readonly planar?: boolean;
  readonly bigEndian?: boolean;
  /** More fields, each of one number. */
  readonly fields?: readonly [tag: number, value: number][];
}

/** An uncompressed TIFF (or deflated: compression 8), its directory before its pixels. */
export function tiffOf(options: TiffOptions): Buffer {
  const { width, height, pixels, samples = 3, bits = 8, photometric = 2, compression = 1 } = options;
  const { extraSamples, rowsPerStrip = height, planar = false, bigEndian = false, fields = [] } = options;
  const planes = planar
    ? Array.from({ length: samples }, (_, sample) =>
        pixels.filter((_value, index) => index % samples === sample),
      )
    : [pixels];
  const rowBytes = (width * bits * (planar ? 1 : samples)) / 8;
  const strips = planes.flatMap((plane) =>
    Array.from({ length: Math.ceil(height / rowsPerStrip) }, (_, strip) => {
      const part = plane.subarray(strip * rowsPerStrip * rowBytes, (strip + 1) * rowsPerStrip * rowBytes);
      return compression === 8 ? deflateSync(part) : Buffer.from(part);
    }),
  );
  const tags: [tag: number, values: number[]][] = [
    [256, [width]],
    [257, [height]],
    [258, new Array<number>(samples).fill(bits)],
    [259, [compression]],
    [262, [photometric]],
    [273, []],
    [277, [samples]],
    [278, [rowsPerStrip]],
    [279, strips.map(({ length }) => length)],
    [284, [planar ? 2 : 1]],
    ...(extraSamples === undefined ? [] : [[338, [extraSamples]] as [number, number[]]]),
    ...fields.map(([tag, value]): [number, number[]] => [tag, [value]]),
  ];
  tags.sort(([a], [b]) => a - b);
  const directory = 8;
  let next = directory + 2 + 12 * tags.length + 4;
  const valuesAt = new Map<number, number>();
  for (const [tag, values] of tags) {
    const count = tag === 273 ? strips.length : values.length;
    if (count < 2) continue;
    valuesAt.set(tag, next);
    next += 4 * count;
  }
  const offsets = strips.map(
    (_, index) => next + strips.slice(0, index).reduce((sum, { length }) => sum + length, 0),
  );
  const head = Buffer.alloc(next);
  const write32 = (value: number, at: number) =>
    bigEndian ? head.writeUInt32BE(value, at) : head.writeUInt32LE(value, at);
  const write16 = (value: number, at: number) =>
    bigEndian ? head.writeUInt16BE(value, at) : head.writeUInt16LE(value, at);
  head.write(bigEndian ? 'MM' : 'II', 0, 'latin1');
  write16(42, 2);
  write32(directory, 4);
  write16(tags.length, directory);
  tags.forEach(([tag, given], index) => {
    const values = tag === 273 ? offsets : given;
    const at = directory + 2 + 12 * index;
    write16(tag, at);
    write16(4, at + 2); // LONG
    write32(values.length, at + 4);
    const place = valuesAt.get(tag);
    if (place === undefined) write32(values[0] ?? 0, at + 8);
    else {
      write32(place, at + 8);
      values.forEach((value, number) => write32(value, place + 4 * number));
    }
  });
  return Buffer.concat([head, ...strips]);
}
