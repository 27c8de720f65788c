import sharp from 'sharp';
import { reduceImage } from './open-image.js';

/** An image to show, and its media type. */
export interface ShownImage {
  readonly bytes: Uint8Array;
  readonly mediaType: string;
}

/**
 * The image without Exif, XMP, IPTC, comments, previews and anything after its end. The pixels, the orientation and the colour
 * profile stay. JPEG, PNG and WebP files are not compressed again. A TIFF, a PNG or WebP whose Exif turns it, and a file whose
 * structure is faulty become a PNG in sRGB. Throws UnreadableImageError.
 */
export async function withoutMetadata(bytes: Buffer, mediaType: string): Promise<ShownImage> {
  const stripped = await strippedFile(bytes, mediaType);
  if (stripped) return { bytes: stripped, mediaType };
  const { reduced } = await reduceImage(bytes, (picture) => picture.png().toBuffer());
  return { bytes: reduced, mediaType: 'image/png' };
}

/** The file without metadata; null if it has to be compressed again. */
async function strippedFile(bytes: Buffer, mediaType: string): Promise<Buffer | null> {
  if (mediaType === 'image/tiff') return null;
  const orientation = await orientationOf(bytes);
  if (mediaType === 'image/jpeg') return jpegWithoutMetadata(bytes, orientation);
  if (orientation !== 1) return null;
  return mediaType === 'image/png' ? pngWithoutMetadata(bytes) : webpWithoutMetadata(bytes);
}

/** 1 to 8, as Exif numbers them. 1: upright. */
async function orientationOf(bytes: Buffer): Promise<number> {
  const { orientation } = await sharp(bytes, { failOn: 'none' })
    .metadata()
    .catch(() => ({ orientation: undefined }));
  return orientation ?? 1;
}

// ---- JPEG: ITU-T T.81, annex B ----

const [SOI, EOI, SOS, RST0, RST7, TEM, COM] = [0xd8, 0xd9, 0xda, 0xd0, 0xd7, 0x01, 0xfe];
const [APP0, APP2, APP14, APP15] = [0xe0, 0xe2, 0xee, 0xef];

function jpegWithoutMetadata(bytes: Buffer, orientation: number): Buffer | null {
  const parts: Buffer[] = [Buffer.from([0xff, SOI])];
  if (orientation !== 1) parts.push(orientationSegment(orientation));
  let at = 2;
  while (at + 1 < bytes.length) {
    if (bytes[at] !== 0xff) return null;
    const marker = bytes[at + 1];
    if (marker === undefined) return null;
    if (marker === 0xff) {
      at += 1; // a fill byte
      continue;
    }
    if (marker === EOI) return Buffer.concat([...parts, Buffer.from([0xff, EOI])]);
    if (marker === TEM || marker === SOI || (marker >= RST0 && marker <= RST7)) return null;
    if (at + 4 > bytes.length) return null;
    const end = at + 2 + bytes.readUInt16BE(at + 2);
    if (end > bytes.length) return null;
    const segment = bytes.subarray(at, end);
    if (marker === APP0) parts.push(...jfifSegment(segment));
    else if (isPartOfPicture(marker, segment)) parts.push(segment);
    at = end;
    if (marker === SOS) {
      at = endOfScan(bytes, end);
      parts.push(bytes.subarray(end, at));
    }
  }
  return null;
}

/** All segments but the applications' and comments; of these the colour profile, and Adobe's note on how colours are coded. */
function isPartOfPicture(marker: number, segment: Buffer): boolean {
  if (marker === APP2) return segment.toString('latin1', 4, 16) === 'ICC_PROFILE\0';
  if (marker === APP14) return segment.toString('latin1', 4, 9) === 'Adobe';
  return marker !== COM && (marker < APP0 || marker > APP15);
}

/** The JFIF header without its preview. */
function jfifSegment(segment: Buffer): Buffer[] {
  const FIXED = 18;
  if (segment.toString('latin1', 4, 9) !== 'JFIF\0' || segment.length < FIXED) return [];
  const header = Buffer.from(segment.subarray(0, FIXED));
  header.writeUInt16BE(FIXED - 2, 2);
  header[FIXED - 2] = header[FIXED - 1] = 0; // the preview's width and height
  return [header];
}

/** Where the entropy-coded data that begins at `start` ends: at a marker that is not a restart. */
function endOfScan(bytes: Buffer, start: number): number {
  for (let at = bytes.indexOf(0xff, start); at !== -1; at = bytes.indexOf(0xff, at + 1)) {
    const next = bytes[at + 1];
    if (next === undefined) break;
    if (next !== 0 && next !== 0xff && !(next >= RST0 && next <= RST7)) return at;
  }
  return bytes.length;
}

/** Exif with only the orientation. */
function orientationSegment(orientation: number): Buffer {
  const exif = Buffer.from('FFE1002245786966000049492A0008000000010012010300010000000000000000000000', 'hex');
  exif.writeUInt16LE(orientation, 28);
  return exif;
}

// ---- PNG: W3C PNG specification, third edition ----

const PNG_SIGNATURE_BYTES = 8;
/** Chunks beside those of the pixels that say what their colours are. */
const PNG_COLOURS = new Set(['tRNS', 'gAMA', 'cHRM', 'sRGB', 'iCCP', 'cICP', 'sBIT']);

function pngWithoutMetadata(bytes: Buffer): Buffer | null {
  const parts = [bytes.subarray(0, PNG_SIGNATURE_BYTES)];
  let at = PNG_SIGNATURE_BYTES;
  while (at + 12 <= bytes.length) {
    const end = at + 12 + bytes.readUInt32BE(at);
    if (end > bytes.length) return null;
    const type = bytes.toString('latin1', at + 4, at + 8);
    if (/^[A-Z]/.test(type) || PNG_COLOURS.has(type)) parts.push(bytes.subarray(at, end));
    if (type === 'IEND') return Buffer.concat(parts);
    at = end;
  }
  return null;
}

// ---- WebP: RFC 9649 ----

const WEBP_PICTURE = new Set(['VP8 ', 'VP8L', 'VP8X', 'ALPH', 'ANIM', 'ANMF', 'ICCP']);
/** Bits of VP8X that say that there are Exif and XMP. */
const WEBP_METADATA_FLAGS = 0x0c;

function webpWithoutMetadata(bytes: Buffer): Buffer | null {
  const fileEnd = 8 + bytes.readUInt32LE(4);
  if (fileEnd > bytes.length) return null;
  const parts: Buffer[] = [];
  let at = 12;
  while (at + 8 <= fileEnd) {
    const size = bytes.readUInt32LE(at + 4);
    const end = at + 8 + size + (size % 2);
    if (end > fileEnd) return null;
    const type = bytes.toString('latin1', at, at + 4);
    const chunk = Buffer.from(bytes.subarray(at, end));
    if (type === 'VP8X') chunk.writeUInt8(chunk.readUInt8(8) & ~WEBP_METADATA_FLAGS, 8);
    if (WEBP_PICTURE.has(type)) parts.push(chunk);
    at = end;
  }
  const body = Buffer.concat(parts);
  const header = Buffer.from('RIFF\0\0\0\0WEBP', 'latin1');
  header.writeUInt32LE(4 + body.length, 4);
  return Buffer.concat([header, body]);
}
