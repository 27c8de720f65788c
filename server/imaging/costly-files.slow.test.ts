import { constants, deflateRawSync, deflateSync } from 'node:zlib';
import fc from 'fast-check';
import sharp from 'sharp';
import { openImage } from './open-image.js';
import { drawSmear } from './testing.js';
import { UnreadableImageError } from '../image-files/unreadable-image.js';

// Files made to cost a server far more than they cost their sender, and files whose headers lead nowhere. Each is refused, or
// answered, at about the cost of an honest picture; none makes anything but an UnreadableImageError.

/**
 * Of the processor, so that a busy machine makes no difference. Honest files of the most pixels take a second or two. The files
 * below take minutes, or gigabytes, when they are followed.
 */
const MOST_PROCESSOR_SECONDS = 20;
/** More than a picture of the most pixels and its copies take. */
const MOST_BYTES = 700_000_000;

const bytes = (...values: number[]) => Buffer.from(values);

// ---- JPEG, segment by segment ---------------------------------------------------------------------------------------

const START = bytes(0xff, 0xd8);
const END = bytes(0xff, 0xd9);

function segment(marker: number, ...content: (Buffer | number[])[]): Buffer {
  const all = Buffer.concat(content.map((part) => Buffer.from(part)));
  const head = bytes(0xff, marker, 0, 0);
  head.writeUInt16BE(all.length + 2, 2);
  return Buffer.concat([head, all]);
}

const frame = (marker: number, width: number, height: number, components: number) =>
  segment(
    marker,
    [8, height >> 8, height & 255, width >> 8, width & 255, components],
    ...Array.from({ length: components }, (_, index) => [index + 1, 0x11, 0]),
  );
const steps = segment(0xdb, [0], Buffer.alloc(64, 16));
/** A Huffman table of two codes: 0 for `symbol`, 10 for `other`. */
const codes = (kind: 0 | 1, symbol: number, other: number) =>
  segment(0xc4, [kind << 4], [1, 1], Buffer.alloc(14), [symbol, other]);
const scan = (component: number, first: number, last: number) =>
  segment(0xda, [1, component, 0, first, last, 0]);

/** A picture that is one scan and then thousands, each a few bytes that say "nothing more in the next 32,767 blocks". */
function scanBomb(side: number, scans: number): Buffer {
  const blocks = Math.ceil(side / 8) ** 2;
  const means = Buffer.alloc(Math.ceil(blocks / 8), 0);
  const runs: string[] = [];
  for (let left = blocks; left > 0;) {
    const run = Math.min(left, 32_767);
    const size = Math.floor(Math.log2(run));
    if (size !== 14) break; // the sides below are chosen so that there is no rest
    runs.push(`0${(run - 2 ** size).toString(2).padStart(size, '0')}`);
    left -= run;
  }
  const text = runs.join('');
  const data = (text.padEnd(Math.ceil(text.length / 8) * 8, '1').match(/.{8}/g) ?? [])
    .map((byte) => parseInt(byte, 2))
    .flatMap((byte) => (byte === 0xff ? [0xff, 0] : [byte]));
  const again = Array.from({ length: scans }, (_, index) =>
    Buffer.concat([scan(1, 1 + (index % 63), 1 + (index % 63)), Buffer.from(data)]),
  );
  const head = [START, steps, frame(0xc2, side, side, 1), codes(0, 0, 1), codes(1, 0xe0, 0)];
  return Buffer.concat([...head, scan(1, 0, 0), means, ...again, END]);
}

const jpeg = await drawSmear().jpeg().toBuffer();

const JPEGS: Record<string, () => Buffer> = {
  '50,000 scans of a large picture': () => scanBomb(2896, 50_000), // 131,044 blocks: four runs, of which none is short
  'nine million stray markers': () =>
    Buffer.concat([START, Buffer.alloc(18_000_000, bytes(0xff, 0xd8)), jpeg.subarray(2)]),
  'stray markers between two million empty segments': () =>
    Buffer.concat([START, Buffer.alloc(18_000_000, bytes(0xff, 0xd8, 0xff, 0xfe, 0, 2)), jpeg.subarray(2)]),
  'nine million restart markers': () => {
    const markers = Buffer.from(Array.from({ length: 8 }, (_, index) => [0xff, 0xd0 + index]).flat());
    const head = [START, steps, frame(0xc0, 7000, 7000, 1), codes(0, 0, 1), codes(1, 0, 1)];
    const restarts = segment(0xdd, [0xff, 0xff]);
    return Buffer.concat([...head, restarts, scan(1, 0, 63), Buffer.alloc(18_000_000, markers), END]);
  },
  'a picture of four thousand million pixels': () =>
    Buffer.concat([
      START,
      steps,
      frame(0xc0, 65_000, 65_000, 1),
      codes(0, 0, 1),
      codes(1, 0, 1),
      scan(1, 0, 63),
      Buffer.alloc(18_000_000),
      END,
    ]),
};

// ---- TIFF, field by field -------------------------------------------------------------------------------------------

type Field = readonly [tag: number, type: number, count: number, value: number | Buffer];

/** A TIFF with `data` at 8. A field whose value is bytes has them outside of the directory. */
function tiffOf(fields: readonly Field[], data: Uint8Array): Buffer {
  const head = Buffer.from('II*\0\0\0\0\0', 'latin1');
  const outside: Buffer[] = [];
  let next = 8 + data.length;
  const entries = [...fields]
    .sort(([a], [b]) => a - b)
    .map(([tag, type, count, value]) => {
      const entry = Buffer.alloc(12);
      entry.writeUInt16LE(tag, 0);
      entry.writeUInt16LE(type, 2);
      entry.writeUInt32LE(count, 4);
      entry.writeUInt32LE(typeof value === 'number' ? value >>> 0 : next, 8);
      if (typeof value !== 'number') {
        outside.push(value);
        next += value.length;
      }
      return entry;
    });
  head.writeUInt32LE(next, 4);
  return Buffer.concat([head, data, ...outside, bytes(entries.length, 0), ...entries, Buffer.alloc(4)]);
}

const LONG = 4;
const longs = (count: number, value: number) => Buffer.from(new Uint32Array(count).fill(value).buffer);
const rgb = (width: number, height: number, compression: number): Field[] => [
  [256, LONG, 1, width],
  [257, LONG, 1, height],
  [258, 3, 3, Buffer.from([8, 0, 8, 0, 8, 0])],
  [259, LONG, 1, compression],
  [262, LONG, 1, 2],
  [277, LONG, 1, 3],
  [284, LONG, 1, 1],
];
/** Of 4,000 strips that are all the same bytes. */
const sharing = (compression: number, data: Buffer) =>
  tiffOf(
    [
      ...rgb(400, 4000, compression),
      [278, LONG, 1, 1],
      [273, LONG, 4000, longs(4000, 8)],
      [279, LONG, 4000, longs(4000, data.length)],
    ],
    data,
  );
/** Deflated data with a million blocks of nothing before the first byte. */
const mostlyEmpty = (content: Buffer) =>
  Buffer.concat([
    bytes(0x78, 0x9c),
    Buffer.alloc(5_000_000, bytes(0, 0, 0, 0xff, 0xff)),
    deflateSync(content).subarray(2),
  ]);

const ofBits = (bits: string) => Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2)));

const TIFFS: Record<string, () => Buffer> = {
  'fields of a type that no TIFF has, four thousand million values each': () =>
    tiffOf(
      [256, 257, 258, 259, 262, 273, 277, 278, 279, 284].map((tag) => [tag, 0, 4e9, 400]),
      Buffer.alloc(0),
    ),
  'a chain of directories whose fields have nine million values each': () => {
    const count = 33;
    const size = 2 + 12 * 3 + 4;
    const values = 8 + count * size;
    const directories = Array.from({ length: count }, (_, index) => {
      const directory = Buffer.alloc(size);
      directory.writeUInt16LE(3, 0);
      [256, 259, 262].forEach((tag, place) => {
        directory.writeUInt16LE(tag, 2 + 12 * place);
        directory.writeUInt16LE(1, 4 + 12 * place);
        directory.writeUInt32LE(9_000_000, 6 + 12 * place);
        directory.writeUInt32LE(values, 10 + 12 * place);
      });
      directory.writeUInt32LE(index + 1 < count ? 8 + (index + 1) * size : 8, size - 4); // the last leads to the first
      return directory;
    });
    const head = Buffer.from('II*\0\x08\0\0\0', 'latin1');
    return Buffer.concat([head, ...directories, Buffer.alloc(9_000_000, 1)]);
  },
  'four million tiles of one pixel': () => {
    const count = 4_000_000;
    const tile = deflateSync(Buffer.alloc(3));
    return tiffOf(
      [
        ...rgb(2000, 2000, 8),
        [322, LONG, 1, 1],
        [323, LONG, 1, 1],
        [324, 1, count, Buffer.alloc(count, 8)],
        [325, 1, count, Buffer.alloc(count, tile.length)],
      ],
      tile,
    );
  },
  'deflated strips that share five megabytes': () => sharing(8, mostlyEmpty(Buffer.alloc(1200))),
  'LZW strips that share nine megabytes': () => {
    const clears = ofBits('100000000'.repeat(8)); // codes that start a new table, and stand for nothing
    const zero = ofBits('100000000000000000'.repeat(4)); // four times such a code, and a byte 0
    return sharing(5, Buffer.concat([Buffer.alloc(9_000_000, clears), Buffer.alloc(9 * 300, zero)]));
  },
  'JPEG strips that share a large picture': () => sharing(7, scanBomb(2896, 20)),
  'JPEG strips that are each a large picture': () => {
    const strip = scanBomb(2896, 90);
    const count = 900;
    const starts = Uint32Array.from({ length: count }, (_, index) => 8 + index * strip.length);
    return tiffOf(
      [
        ...rgb(1600, count * 8, 7),
        [278, LONG, 1, 8],
        [273, LONG, count, Buffer.from(starts.buffer)],
        [279, LONG, count, longs(count, strip.length)],
      ],
      Buffer.alloc(count * strip.length, strip),
    );
  },
  'a tile that is a thousand times its picture': () => {
    const zeros = deflateRawSync(Buffer.alloc(1_000_000), { finishFlush: constants.Z_FULL_FLUSH });
    const tile = Buffer.concat([bytes(0x78, 0x9c), Buffer.alloc(2000 * zeros.length, zeros)]);
    return tiffOf(
      [
        ...rgb(400, 400, 8),
        [322, LONG, 1, 24_000],
        [323, LONG, 1, 24_000],
        [324, LONG, 1, 8],
        [325, LONG, 1, tile.length],
      ],
      tile,
    );
  },
};

const peakBytes = () => process.resourceUsage().maxRSS * 1024;

async function openOrRefuse(file: Uint8Array): Promise<void> {
  try {
    await openImage(file);
  } catch (error) {
    if (!(error instanceof UnreadableImageError)) throw error;
  }
}

test.each(Object.entries({ ...JPEGS, ...TIFFS }))(
  '%s costs no more than an honest picture',
  async (_title, make) => {
    const file = make();
    const peak = peakBytes();
    const begin = process.cpuUsage();
    await openOrRefuse(file);
    const { user, system } = process.cpuUsage(begin);
    expect((user + system) / 1e6).toBeLessThan(MOST_PROCESSOR_SECONDS);
    expect(peakBytes() - peak).toBeLessThan(MOST_BYTES);
  },
  600_000,
);

// ---- headers that lead nowhere --------------------------------------------------------------------------------------

const png = await drawSmear().png().toBuffer();

const GOOD: Record<string, Buffer> = {
  jpeg,
  'progressive jpeg': await drawSmear().jpeg({ progressive: true }).toBuffer(),
  png,
  webp: await drawSmear().webp().toBuffer(),
  'tiff with lzw': await drawSmear().tiff({ compression: 'lzw' }).toBuffer(),
  'tiff of jpeg tiles': await drawSmear()
    .tiff({ compression: 'jpeg', tile: true, tileWidth: 64, tileHeight: 64 })
    .toBuffer(),
  'big tiff': await sharp(png).tiff({ compression: 'deflate', bigtiff: true }).toBuffer(),
};

/** Where sizes, counts and offsets are: near the beginning, and for TIFF near the end, too. */
const places = (length: number) =>
  fc.oneof(
    fc.nat(Math.min(length, 700) - 1),
    fc.nat(Math.min(length, 700) - 1).map((back) => length - 1 - back),
  );
const extremes = fc.constantFrom(0, 1, 2, 0x7f, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff);

test.each(Object.entries(GOOD))(
  'a %s with values changed at random is answered or refused',
  async (_title, good) => {
    const edit = fc.record({
      at: places(good.length),
      value: fc.oneof(extremes, fc.nat(255)),
      size: fc.constantFrom(1, 2, 4),
      little: fc.boolean(),
    });
    const file = fc
      .record({ edits: fc.array(edit, { minLength: 1, maxLength: 4 }), cut: fc.option(fc.nat(good.length)) })
      .map(({ edits, cut }) => {
        const copy = Buffer.from(good);
        for (const { at, value, size, little } of edits) {
          const place = Math.min(at, copy.length - size);
          const kept = size === 4 ? value >>> 0 : value & (256 ** size - 1);
          if (little) copy.writeUIntLE(kept, place, size);
          else copy.writeUIntBE(kept, place, size);
        }
        return cut === null ? copy : copy.subarray(0, cut);
      });
    await fc.assert(fc.asyncProperty(file, openOrRefuse), { numRuns: 300, seed: 20_261_128 });
  },
  600_000,
);

test.each([
  ['a restart interval that is not there', Buffer.concat([START, segment(0xdd)])],
  [
    'a WebP whose last chunk has half a header',
    (() => {
      const file = Buffer.from('RIFF\0\0\0\0WEBPABCD\x04\0\0\0abcdEFGH\x01\0\0', 'latin1');
      file.writeUInt32LE(file.length - 8 + 1, 4);
      return file;
    })(),
  ],
])('%s is damage', async (_title, file) => {
  await expect(openImage(file)).rejects.toThrow(/damaged or incomplete/);
});
