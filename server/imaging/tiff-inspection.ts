import { inflateSync } from 'node:zlib';
import type { StatedColours } from '../pixels/colour-space.js';
import { exifColours } from '../image-files/exif-colours.js';
import {
  damaged,
  type FileWarning,
  type Inspection,
  noPixels,
  unsupported,
} from '../image-files/inspection.js';
import { inspectJpeg } from '../image-files/jpeg-inspection.js';
import { MAX_PIXELS } from '../image-files/limits.js';
import {
  type TiffDirectory,
  TiffDirectoryError,
  type TiffField,
  type TiffReader,
  tiffReader,
} from '../image-files/tiff-directory.js';
import { inspectWebp } from '../image-files/webp-inspection.js';
import type { UnreadableImageError } from '../image-files/unreadable-image.js';

/** The fields of TIFF 6.0, Exif and DNG that are read. */
const TAG = {
  subfileType: 254,
  width: 256,
  height: 257,
  bits: 258,
  compression: 259,
  photometric: 262,
  description: 270,
  make: 271,
  stripOffsets: 273,
  samples: 277,
  fillOrder: 266,
  rowsPerStrip: 278,
  stripByteCounts: 279,
  planar: 284,
  tileWidth: 322,
  tileHeight: 323,
  tileOffsets: 324,
  tileByteCounts: 325,
  subDirectories: 330,
  extraSamples: 338,
  jpegTables: 347,
  exif: 34665,
  ndpi: 65420,
  dngVersion: 50706,
  canonSlices: 50752,
} as const;

const [UNCOMPRESSED, LZW, JPEG, DEFLATE, OLD_DEFLATE, PACKBITS, WEBP] = [1, 5, 7, 8, 32946, 32773, 50001];
const READ_COMPRESSIONS = [UNCOMPRESSED, LZW, JPEG, DEFLATE, OLD_DEFLATE, PACKBITS, WEBP];
const COMPRESSIONS: Record<number, string> = {
  2: 'CCITT fax',
  3: 'CCITT fax',
  4: 'CCITT fax',
  6: 'old-style JPEG',
  9: 'JBIG',
  10: 'JBIG',
  32766: 'NeXT',
  32767: 'Sony raw',
  32769: 'packed raw',
  32809: 'ThunderScan',
  32895: 'IT8',
  32908: 'PixarFilm',
  32909: 'PixarLog',
  33003: 'JPEG 2000',
  33004: 'JPEG 2000',
  33005: 'JPEG 2000',
  34661: 'JBIG',
  34676: 'SGI LogL',
  34677: 'SGI LogLuv',
  34712: 'JPEG 2000',
  34713: 'Nikon raw',
  34887: 'LERC',
  34892: 'lossy JPEG (DNG)',
  34925: 'LZMA',
  34926: 'Zstandard',
  34927: 'WebP (draft)',
  34933: 'PNG',
  34934: 'JPEG XR',
  50000: 'Zstandard',
  50002: 'JPEG XL',
  52546: 'JPEG XL (DNG)',
  65000: 'Kodak raw',
  65535: 'Pentax raw',
};

const [RGB, YCBCR, CFA, LINEAR_RAW] = [2, 6, 32803, 34892];
/** Kinds of pixels that are refused here. Greyscale, 16 bits and CMYK are read, and refused with those of other formats. */
const PHOTOMETRICS: Record<number, string> = {
  4: 'a TIFF that is a transparency mask',
  8: 'a TIFF in CIE L*a*b* colours',
  9: 'a TIFF in ICC L*a*b* colours',
  10: 'a TIFF in ITU L*a*b* colours',
  32844: 'a TIFF in LogL brightness',
  32845: 'a TIFF in LogLuv colours',
};

const RAWS: readonly [make: RegExp, name: string][] = [
  [/nikon/i, 'a Nikon raw photograph (NEF)'],
  [/canon/i, 'a Canon raw photograph (CR2)'],
  [/sony/i, 'a Sony raw photograph (ARW)'],
  [/pentax|ricoh/i, 'a Pentax raw photograph (PEF)'],
  [/samsung/i, 'a Samsung raw photograph (SRW)'],
  [/hasselblad/i, 'a Hasselblad raw photograph (3FR)'],
  [/phase one|leaf/i, 'a Phase One raw photograph (IIQ)'],
  [/kodak/i, 'a Kodak raw photograph (DCR)'],
  [/epson/i, 'an Epson raw photograph (ERF)'],
  [/mamiya/i, 'a Mamiya raw photograph (MEF)'],
  [/leica/i, 'a Leica raw photograph (RWL)'],
];

const AS_TIFF =
  'Export it as an RGB TIFF with 8 bits per channel without compression or with LZW, or as a PNG.';
const DEVELOPED = 'Develop it in the program of the camera and send a JPEG, PNG or TIFF image.';
const SLIDE = 'Export the field that shows the cell as a JPEG, PNG or TIFF image.';

/** Zero bytes in a row that uncompressed pixels do not hold: a picture of a smear has no black of this length. */
const ZEROS = Buffer.alloc(256);
/** Strips or tiles that a file may have: the largest pictures in tiles of 16 × 16, the least that TIFF knows, have fewer. */
const MOST_PARTS = 200_000;
/** Pixels of all tiles, with those that lie beyond the picture's edges. */
const MOST_TILE_PIXELS = 2 * MAX_PIXELS;
/** Bytes that the shared tables of JPEG tiles take: four of steps and eight of codes (ITU-T T.81) have less than 3 KB. */
const MOST_TABLE_BYTES = 8192;

/** Directories below the first that are looked at for a raw picture. */
const MOST_DIRECTORIES = 32;

export interface TiffInspection extends Inspection {
  readonly colours: StatedColours;
  /** Each pixel has a fourth value, and the file does not say that it is opacity. */
  readonly hasUnknownFourth: boolean;
}

/**
 * Checks that a TIFF has the pixels that it says it has, as far as its compression lets that be seen, and names kinds that are
 * not read. Throws UnreadableImageError.
 */
export function inspectTiff(bytes: Uint8Array): TiffInspection {
  try {
    const reader = tiffReader(bytes);
    if (!reader) throw damaged();
    return inspect(bytes, reader, reader.directoryAt(reader.first));
  } catch (error) {
    throw error instanceof TiffDirectoryError ? damaged(error) : error;
  }
}

function inspect(bytes: Uint8Array, reader: TiffReader, directory: TiffDirectory): TiffInspection {
  const number = (tag: number, otherwise: number) => directory.fields.get(tag)?.first() ?? otherwise;
  refuseRaw(reader, directory);
  if (directory.fields.has(TAG.ndpi)) throw unsupported('a Hamamatsu slide scan (NDPI)', SLIDE);
  if (/^Aperio/.test(directory.fields.get(TAG.description)?.text() ?? '')) {
    throw unsupported('an Aperio slide scan (SVS)', SLIDE);
  }
  const pixels = number(TAG.width, 0) * number(TAG.height, 0);
  if (pixels === 0) throw noPixels();
  const compression = number(TAG.compression, UNCOMPRESSED);
  const photometric = number(TAG.photometric, RGB);
  const samples = number(TAG.samples, 1);
  if (!READ_COMPRESSIONS.includes(compression)) {
    const name = COMPRESSIONS[compression];
    throw unsupported(
      name ? `a TIFF with ${name} compression` : `a TIFF with compression ${compression}`,
      AS_TIFF,
    );
  }
  const colours = PHOTOMETRICS[photometric];
  if (colours) throw unsupported(colours, AS_TIFF);
  if (samples > 4 || ((photometric === RGB || photometric === YCBCR) && samples === 2)) {
    throw unsupported(`a TIFF with ${samples} values a pixel`, AS_TIFF);
  }

  const warnings = new Set<FileWarning>();
  const isOpacity = [1, 2].includes(number(TAG.extraSamples, 0));
  const hasUnknownFourth = photometric === RGB && samples === 4 && !isOpacity;
  if (hasUnknownFourth && !directory.fields.has(TAG.extraSamples)) {
    throw unsupported('a TIFF whose pixels have a fourth value that it does not mention', AS_TIFF);
  }
  if (hasUnknownFourth) warnings.add('EXTRA_CHANNEL');
  if (pixels <= MAX_PIXELS) checkPixels(bytes, directory, compression, warnings); // the decoder refuses larger ones
  return { bytes, warnings: [...warnings], colours: statedColours(reader, directory), hasUnknownFourth };
}

function refuseRaw(reader: TiffReader, first: TiffDirectory): void {
  const make = first.fields.get(TAG.make)?.text() ?? '';
  const brand = RAWS.find(([pattern]) => pattern.test(make))?.[1] ?? 'a raw photograph of a camera';
  if (first.fields.has(TAG.dngVersion)) throw unsupported('a raw photograph (DNG)', DEVELOPED);
  const directories = [first];
  const seen = new Set([reader.first]);
  for (const { fields, next } of directories) {
    const photometric = fields.get(TAG.photometric)?.first();
    const compression = fields.get(TAG.compression)?.first();
    if (
      photometric === CFA ||
      photometric === LINEAR_RAW ||
      fields.has(TAG.canonSlices) ||
      [32767, 34713, 65000, 65535].includes(compression ?? 0)
    ) {
      throw unsupported(brand, DEVELOPED);
    }
    for (const offset of [
      next,
      ...(fields.get(TAG.subDirectories)?.numbers().slice(0, MOST_DIRECTORIES) ?? []),
    ]) {
      if (offset === 0 || seen.has(offset) || directories.length > MOST_DIRECTORIES) continue;
      seen.add(offset);
      directories.push(reader.directoryAt(offset));
    }
  }
  const isPreview = ((first.fields.get(TAG.subfileType)?.first() ?? 0) & 1) === 1;
  if (isPreview && first.fields.has(TAG.subDirectories)) throw unsupported(brand, DEVELOPED);
}

/** Follows the strips or tiles: each is within the file, and what it is compressed to gives its pixels, no more and no less. */
function checkPixels(
  bytes: Uint8Array,
  { fields }: TiffDirectory,
  compression: number,
  warnings: Set<FileWarning>,
): void {
  const numbers = (tag: number) => fields.get(tag)?.numbers();
  const one = (tag: number, otherwise: number) => fields.get(tag)?.first() ?? otherwise;
  for (const tag of [TAG.tileOffsets, TAG.stripOffsets, TAG.tileByteCounts, TAG.stripByteCounts]) {
    if ((fields.get(tag)?.count ?? 0) > MOST_PARTS) throw tooManyParts();
  }
  const offsets = numbers(TAG.tileOffsets) ?? numbers(TAG.stripOffsets);
  const counts = numbers(TAG.tileByteCounts) ?? numbers(TAG.stripByteCounts);
  if (!offsets || offsets.length === 0) throw damaged();
  if (!counts || counts.length < offsets.length) return; // old programs leave them out: the decoder works them out

  const [width, height] = [one(TAG.width, 0), one(TAG.height, 0)];
  const planes = one(TAG.planar, 1) === 2 ? one(TAG.samples, 1) : 1;
  const bitsOfSamples = (numbers(TAG.bits) ?? [1]).slice(0, one(TAG.samples, 1));
  if (bitsOfSamples.some((value) => value > 8)) return; // what its header says is enough to refuse it
  const bits = bitsOfSamples.reduce((sum, value) => sum + value, 0) / planes;
  const isTiled = fields.has(TAG.tileOffsets);
  const columns = isTiled ? one(TAG.tileWidth, 0) : width;
  const rows = isTiled ? one(TAG.tileHeight, 0) : Math.min(height, one(TAG.rowsPerStrip, height));
  if (!(columns > 0 && rows > 0)) throw damaged();
  const partsOfPlane = Math.ceil(width / columns) * Math.ceil(height / rows);
  const parts = partsOfPlane * planes;
  if (offsets.length < parts) throw damaged();
  if (isTiled && partsOfPlane * columns * rows > MOST_TILE_PIXELS) {
    throw unsupported('a TIFF whose tiles are far larger than its picture', AS_TIFF);
  }
  let total = 0;
  for (let part = 0; part < parts; part++) {
    const [start = 0, count = 0] = [offsets[part], counts[part]];
    if (!(start >= 0 && count > 0 && start + count <= bytes.length)) throw damaged();
    total += count;
  }
  // Such a file, of some kilobytes, could have the same bytes read a hundred thousand times.
  if (total > bytes.length) throw unsupported('a TIFF whose strips or tiles share their bytes', AS_TIFF);
  const tables = tablesOf(fields.get(TAG.jpegTables));
  const mostPixels = parts === 1 ? MAX_PIXELS : columns * rows;
  const backwards = one(TAG.fillOrder, 1) === 2; // the bits of each byte: nobody writes it any more
  const subsampled = one(TAG.photometric, RGB) === YCBCR;

  for (let part = 0; part < parts; part++) {
    const start = offsets[part] ?? 0;
    const data = bytes.subarray(start, start + (counts[part] ?? 0));
    const partRow = part % partsOfPlane;
    const partRows = isTiled ? rows : Math.min(rows, height - rows * partRow);
    const expected = Math.ceil((columns * bits) / 8) * partRows;
    if (compression === JPEG) {
      const file = tables ? Buffer.concat([tables.subarray(0, -2), data.subarray(2)]) : data;
      for (const warning of inspectJpeg(file, mostPixels).warnings) warnings.add(warning);
      continue;
    }
    if (compression === WEBP) {
      for (const warning of inspectWebp(data).warnings) warnings.add(warning);
      warnings.add('UNVERIFIABLE');
      continue;
    }
    if (subsampled || backwards) continue;
    const length = unpackedLength(data, compression, expected);
    if (length < expected) throw damaged();
    if (compression === PACKBITS || compression === LZW) {
      if (length > expected) warnings.add('POSSIBLY_DAMAGED');
    } else if (
      compression === UNCOMPRESSED &&
      Buffer.from(data.buffer, data.byteOffset, expected).includes(ZEROS)
    ) {
      warnings.add('POSSIBLY_DAMAGED');
    }
  }
}

/** The tables that all JPEG tiles share, as a JPEG without a picture. */
function tablesOf(field: TiffField | undefined): Uint8Array | null {
  if (!field) return null;
  if (field.count > MOST_TABLE_BYTES) throw damaged();
  return Uint8Array.from(field.numbers());
}

function tooManyParts(): UnreadableImageError {
  return unsupported(`a TIFF of more than ${MOST_PARTS} strips or tiles`, AS_TIFF);
}

function unpackedLength(data: Uint8Array, compression: number, expected: number): number {
  switch (compression) {
    case LZW:
      return lzwLength(data);
    case PACKBITS:
      return packBitsLength(data);
    case DEFLATE:
    case OLD_DEFLATE:
      try {
        return inflateSync(data, { maxOutputLength: expected + 1024 }).length; // with its checksum
      } catch (error) {
        throw damaged(error);
      }
    default:
      return data.length;
  }
}

/** How many bytes PackBits data (TIFF 6.0, section 9) stands for. */
function packBitsLength(data: Uint8Array): number {
  let length = 0;
  for (let at = 0; at < data.length;) {
    const count = data[at] ?? 0;
    if (count < 128) {
      length += count + 1;
      at += count + 2;
      if (at > data.length) throw damaged();
    } else {
      if (count > 128) length += 257 - count;
      at += count > 128 ? 2 : 1;
    }
  }
  return length;
}

const [LZW_CLEAR, LZW_END, LZW_FIRST] = [256, 257, 258];

/** How many bytes LZW data (TIFF 6.0, section 13) stands for: of each code only the length of its string is kept. */
function lzwLength(data: Uint8Array): number {
  if (data[0] === 0 && ((data[1] ?? 0) & 1) === 1) return Infinity; // the bit order of before TIFF 6.0
  const lengths = new Int32Array(4097).fill(1, 0, 256);
  let total = 0;
  let next = LZW_FIRST;
  let previous = -1;
  let width = 9;
  let bits = 0;
  let held = 0;
  let at = 0;
  for (;;) {
    while (bits < width) {
      if (at >= data.length) return total; // some writers leave out the end code
      held = ((held << 8) | (data[at++] ?? 0)) & 0xffffff;
      bits = (bits + 8) | 0;
    }
    bits = (bits - width) | 0;
    const code = (held >> bits) & ((1 << width) - 1);
    if (code === LZW_END) return total;
    if (code === LZW_CLEAR) {
      next = LZW_FIRST;
      width = 9;
      previous = -1;
      continue;
    }
    if (previous >= 0 && next <= 4096) {
      lengths[next] = ((lengths[previous] ?? 0) + 1) | 0;
      next = (next + 1) | 0;
    }
    if (code >= next || (code >= 256 && code < LZW_FIRST)) throw damaged();
    total += lengths[code] ?? 0;
    previous = code;
    if (next + 1 >= 1 << width && width < 12) width++;
  }
}

function statedColours(reader: TiffReader, { fields }: TiffDirectory): StatedColours {
  const offset = fields.get(TAG.exif)?.first();
  return offset ? exifColours(reader, reader.directoryAt(offset)) : { kind: 'none' };
}
