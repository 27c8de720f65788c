import { crc32 } from 'node:zlib';
import sharp, { type Metadata, type Sharp } from 'sharp';
import { coloursOfExif } from '../image-files/exif-colours.js';
import { decodePlainJpeg, recyclePixels } from './decode-plain-jpeg.js';
import { colourSpaceOf, type StatedColours, toSrgb } from '../pixels/colour-space.js';
import {
  damaged,
  DamagedImageError,
  type FileWarning,
  type Inspection,
  noPixels,
  tooManyPixels,
} from '../image-files/inspection.js';
import { inspectJpeg } from '../image-files/jpeg-inspection.js';
import { MAX_PIXELS } from '../image-files/limits.js';
import { oneAtATime } from './one-at-a-time.js';
import { inspectPng, withoutExtras } from '../image-files/png-inspection.js';
import { opacityOf } from '../pixels/opacity.js';
import { hasSeam } from '../pixels/seam.js';
import { MIN_SIDE, refuseUnusable } from '../image-files/refuse-unusable.js';
import { readableFormat } from '../image-files/sniff-format.js';
import { inspectTiff } from './tiff-inspection.js';
import { UnreadableImageError } from '../image-files/unreadable-image.js';
import { inspectWebp } from '../image-files/webp-inspection.js';

/** Decoding a picture of `MAX_PIXELS` takes about a second; a file made to take longer (progressive scans) is cut off. */
const MAX_DECODE_SECONDS = 10;

/** Pictures with more pixels are decoded one after the other on each thread, so that a few of them do not fill the memory. */
const LARGE_PIXELS = 6_000_000;

// Only these four decoders can run in this process. Microscopes do not write the other formats (SVG, GIF, HEIF, …), and each
// further decoder is more code that hostile files can attack. This setting of libvips applies to the whole process.
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({
  operation: [
    'VipsForeignLoadJpegBuffer',
    'VipsForeignLoadPngBuffer',
    'VipsForeignLoadTiffBuffer',
    'VipsForeignLoadWebpBuffer',
  ],
});
// Each image is one small job and many run side by side; libvips's own threads and cache would only cost.
sharp.concurrency(1);
sharp.cache(false);

/** The format and size of a picture. Width and height are of the upright picture. */
export interface ImageHeader {
  readonly width: number;
  readonly height: number;
  readonly mediaType: string;
}

export interface OpenedImage {
  readonly header: ImageHeader;
  /** Computes the warnings about the file, which requires a pass over the picture. */
  readonly warnings: () => FileWarning[];
  /** A pipeline that starts from the decoded pixels: upright, in sRGB, 8 bits, three channels, with transparency on white as on an empty slide. */
  readonly pipeline: () => Sharp;
  /** The same pixels, `[height, width, 3]`. Not to be changed. */
  readonly rgb: () => Promise<Uint8Array>;
  /** May be called when nothing of the image is used any more: its memory then serves for the next one. */
  readonly release: () => void;
}

/**
 * Decodes a whole upload, refuses unsuitable images, and returns the others with the warnings about the file. Only this
 * function decides which images are readable, so that classification, thumbnails, measurements and ingestion agree.
 * Throws UnreadableImageError with a sentence that says what would be right.
 */
export async function openImage(bytes: Uint8Array): Promise<OpenedImage> {
  const plain = plainJpeg(bytes);
  const decoded = plain ?? (await decodeFile(inspect(bytes)));
  const { header, channels, data, colours, isUprightJpeg, warnings: found } = decoded;
  const { width, height } = header;
  const warnings = new Set(found);
  const space = colourSpaceOf(colours);
  if (space === 'unknown') warnings.add('COLOUR_SPACE_UNKNOWN');
  else if (space) toSrgb(data, channels, space);
  const opacity = channels === 4 ? opacityOf(data) : 'whole';
  if (opacity === 'none') {
    throw new UnreadableImageError(
      'The image is completely transparent. Save it again without transparency.',
    );
  }
  if (opacity === 'partial') warnings.add('TRANSPARENT');

  const pipeline = () => {
    const raw = sharp(data, { raw: { width, height, channels }, limitInputPixels: MAX_PIXELS });
    return channels === 4 ? raw.flatten({ background: 'white' }) : raw;
  };
  return {
    header,
    warnings: () => {
      if (hasSeam(data, header, channels, isUprightJpeg)) warnings.add('POSSIBLY_DAMAGED');
      return [...warnings];
    },
    pipeline,
    rgb: async () => (channels === 4 ? pipeline().raw().toBuffer() : data),
    release: () => plain && recyclePixels(plain.data),
  };
}

/**
 * The whole picture made smaller by `reduction`, which may skip part of the decoding: four times as fast for a large
 * JPEG as by way of all its pixels. Reads and refuses what `openImage` does, since that decides wherever this fails. Throws
 * UnreadableImageError.
 *
 * @param reduction ends a pipeline that begins with the picture as in `OpenedImage`; it uses all of the picture
 */
export async function reduceImage<T>(
  bytes: Uint8Array,
  reduction: (picture: Sharp) => Promise<T>,
): Promise<{ header: ImageHeader; reduced: T }> {
  const file = inspect(bytes);
  const metadata = await askedOf(file);
  const isOpaque = !metadata.hasAlpha || file.hasUnknownFourth;
  const space = colourSpaceOf(statedColours(file, metadata));
  if (isOpaque && (space === null || space === 'unknown')) {
    try {
      return { header: headerOf(file, metadata), reduced: await decodeBy(file, metadata, reduction) };
    } catch (error) {
      if (!mayBeOfExtras(file, error)) throw error;
    }
  }
  const { header, pipeline } = await openImage(bytes);
  return { header, reduced: await reduction(pipeline()) };
}

/** A file whose structure has been inspected. */
interface InspectedFile extends Inspection {
  readonly mediaType: string;
  /** Without those of Exif, which the decoder finds. */
  readonly colours: StatedColours;
  /** Whether each pixel has a fourth value that the file does not declare as opacity. */
  readonly hasUnknownFourth: boolean;
  /** Bytes that a decoder fails on if the file is good. */
  readonly shortened: Uint8Array | null;
  /** The size, for a JPEG whose structure makes a call of the decoder before decoding unnecessary. */
  readonly plainSize: { readonly width: number; readonly height: number } | null;
}

function inspect(bytes: Uint8Array): InspectedFile {
  const mediaType = readableFormat(bytes);
  const rest = {
    mediaType,
    colours: { kind: 'none' },
    hasUnknownFourth: false,
    shortened: null,
    plainSize: null,
  } as const;
  switch (mediaType) {
    case 'image/jpeg':
      return { ...rest, ...inspectJpeg(bytes) };
    case 'image/png':
      return { ...rest, ...inspectPng(bytes, crc32) };
    case 'image/tiff':
      return { ...rest, ...inspectTiff(bytes) };
    default:
      return { ...rest, ...inspectWebp(bytes) };
  }
}

/** The pixels of a file: upright, converted to sRGB if an ICC profile allows, `[height, width, channels]`. */
interface DecodedFile {
  readonly header: ImageHeader;
  readonly data: Uint8Array;
  /** The fourth is opacity. */
  readonly channels: 3 | 4;
  /** Its blocks begin at the first row. */
  readonly isUprightJpeg: boolean;
  /** What of the colours is still to be followed. */
  readonly colours: StatedColours;
  readonly warnings: readonly FileWarning[];
}

/** The usual JPEG, without a pipeline of the decoder; null for any other file. */
function plainJpeg(bytes: Uint8Array): DecodedFile | null {
  const plain = decodePlainJpeg(bytes);
  if (!plain) return null;
  const { width, height, pixels, isAltered } = plain;
  refuseUnusable(plainMetadata({ width, height }), 3);
  return {
    header: { width, height, mediaType: 'image/jpeg' },
    data: pixels,
    channels: 3,
    isUprightJpeg: true,
    colours: { kind: 'none' },
    warnings: isAltered ? ['POSSIBLY_DAMAGED'] : [],
  };
}

async function decodeFile(file: InspectedFile): Promise<DecodedFile> {
  try {
    return await decode(file);
  } catch (error) {
    if (!mayBeOfExtras(file, error)) throw error;
    const picture = { ...file, bytes: withoutExtras(file.bytes), colours: { kind: 'none' } as const };
    const decoded = await decode(picture);
    return { ...decoded, warnings: [...decoded.warnings, 'FILE_FAULT', 'COLOUR_SPACE_UNKNOWN'] };
  }
}

/** Of a PNG whose checksums are right, and which so is whole: a chunk beside the picture that the decoder does not take. */
function mayBeOfExtras({ mediaType }: InspectedFile, error: unknown): boolean {
  return mediaType === 'image/png' && error instanceof DamagedImageError;
}

async function decode(file: InspectedFile): Promise<DecodedFile> {
  const metadata = await askedOf(file);
  const { data, info } = await decodeBy(file, metadata, (picture) =>
    picture.raw().toBuffer({ resolveWithObject: true }),
  );
  return {
    header: headerOf(file, metadata),
    data,
    channels: info.channels === 4 ? 4 : 3,
    isUprightJpeg: file.mediaType === 'image/jpeg' && (metadata.orientation ?? 1) === 1,
    colours: statedColours(file, metadata),
    warnings: file.warnings,
  };
}

/** Reads the header with the decoder before decoding; refuses unsupported files. */
async function askedOf({ bytes, plainSize, hasUnknownFourth }: InspectedFile): Promise<Asked> {
  const metadata = plainSize ? plainMetadata(plainSize) : await complaining(reader(bytes).metadata());
  refuseUnusable(metadata, hasUnknownFourth ? 3 : metadata.channels);
  return metadata;
}

function headerOf({ mediaType }: InspectedFile, { autoOrient: { width, height } }: Asked): ImageHeader {
  return { width, height, mediaType };
}

/** Runs the decoder, to the end that `use` gives it. */
async function decodeBy<T>(
  { bytes, shortened, hasUnknownFourth }: InspectedFile,
  { autoOrient: { width, height }, orientation = 1, hasAlpha }: Asked,
  use: (picture: Sharp) => Promise<T>,
): Promise<T> {
  const inTurn = width * height > LARGE_PIXELS ? oneAtATime : (work: () => Promise<T>) => work();
  return inTurn(async () => {
    if (shortened && (await decodes(shortened))) throw damaged();
    const image = reader(bytes).toColourspace('srgb').timeout({ seconds: MAX_DECODE_SECONDS });
    const upright = orientation === 1 ? image : image.autoOrient();
    return complaining(use(hasAlpha && !hasUnknownFourth ? upright : upright.removeAlpha()));
  });
}

type Asked = Pick<Metadata, 'width' | 'height' | 'autoOrient' | 'pages' | 'space' | 'depth' | 'channels'> &
  Pick<Metadata, 'hasAlpha' | 'hasProfile' | 'orientation' | 'exif'>;

/** What the decoder would say of a plain JPEG: asking it takes a tenth of the decoding of a single cell. */
function plainMetadata(size: { readonly width: number; readonly height: number }): Asked {
  const kind = { space: 'srgb', depth: 'uchar', channels: 3, hasAlpha: false, hasProfile: false } as const;
  return { ...size, autoOrient: size, ...kind };
}

/** The PNG's own chunk goes before an ICC profile only where the standard says so; Exif comes last. */
function statedColours({ colours }: InspectedFile, { hasProfile, exif }: Asked): StatedColours {
  if (hasProfile) return { kind: 'none' };
  return colours.kind === 'none' && exif ? coloursOfExif(exif) : colours;
}

function reader(bytes: Uint8Array): Sharp {
  return sharp(bytes, { limitInputPixels: MAX_PIXELS, failOn: 'warning', pages: 1 });
}

function decodes(bytes: Uint8Array): Promise<boolean> {
  // Made smaller, it takes less: all its data is still read.
  const small = reader(bytes).resize(MIN_SIDE, MIN_SIDE, { fit: 'fill' });
  const decoding = small.timeout({ seconds: MAX_DECODE_SECONDS }).raw().toBuffer();
  return decoding.then(
    () => true,
    () => false,
  );
}

/** Awaits the decoder and converts its errors to UnreadableImageError. */
async function complaining<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw unreadable(error);
  }
}

function unreadable(error: unknown): UnreadableImageError {
  const complaint = error instanceof Error ? error.message : String(error);
  if (/exceeds pixel limit/.test(complaint)) return tooManyPixels(error);
  if (/empty JPEG image/i.test(complaint)) return noPixels(error);
  if (/timeout/i.test(complaint)) {
    return new UnreadableImageError(
      `The image takes longer than ${MAX_DECODE_SECONDS} seconds to decode. Save it again as a PNG or a plain JPEG.`,
      { cause: error },
    );
  }
  return damaged(error);
}
