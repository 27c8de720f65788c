import { createHash } from 'node:crypto';

/** How a JPEG was compressed: identifies the software and the setting that wrote it, independently of the picture. */
export interface JpegCoding {
  /** The first 8 hex digits of the SHA-256 of its quantisation tables: one per program and setting. */
  tables: string;
  /** IJG's scale of 1 to 100, estimated from the luminance table; right to 1 for libjpeg's own tables, from 20 on. */
  quality: number;
  /** Luminance samples to a chrominance sample, across and down, such as '2x2'; '1x1': none is left out. */
  subsampling: string;
  progressive: boolean;
}

// Markers of ITU-T T.81, table B.1.
const [SOS, DQT] = [0xda, 0xdb];
const FRAMES = [0xc0, 0xc1, 0xc2];
const PROGRESSIVE_FRAME = 0xc2;

/** Sum of the 64 values of the luminance table of ITU-T T.81, table K.1: quality 50. */
const SUM_AT_QUALITY_50 = 3688;

/** Reads the headers of a JPEG, none of its pixels; null for bytes that are no JPEG, or one without tables. */
export function jpegCoding(bytes: Uint8Array): JpegCoding | null {
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const hash = createHash('sha256');
  let luminanceSum = 0;
  let frame: Pick<JpegCoding, 'subsampling' | 'progressive'> = { subsampling: '1x1', progressive: false };
  for (let at = 2; at + 4 <= view.byteLength;) {
    if (view.getUint8(at) !== 0xff) return null;
    const marker = view.getUint8(at + 1);
    if (marker === 0xff) {
      at += 1; // a fill byte
      continue;
    }
    const end = Math.min(at + 2 + view.getUint16(at + 2), view.byteLength);
    const segment = bytes.subarray(at + 4, end);
    if (marker === SOS) break;
    if (marker === DQT) {
      hash.update(segment);
      luminanceSum ||= sumOfFirstTable(segment);
    }
    if (FRAMES.includes(marker)) {
      const sampling = segment[7] ?? 0x11; // of the first component: the luminance
      const progressive = marker === PROGRESSIVE_FRAME;
      frame = { subsampling: `${sampling >> 4}x${sampling & 15}`, progressive };
    }
    at = end;
  }
  if (luminanceSum === 0) return null;
  return { tables: hash.digest('hex').slice(0, 8), quality: qualityOf(luminanceSum), ...frame };
}

/** A table begins with a byte that holds its precision (8 or 16 bits) and its number. */
function sumOfFirstTable(segment: Uint8Array): number {
  const wide = (segment[0] ?? 0) >> 4 > 0;
  const values = segment.subarray(1, wide ? 129 : 65);
  return values.reduce((sum, value, index) => sum + (wide && index % 2 === 0 ? 256 * value : value), 0);
}

/** The inverse of libjpeg's `jpeg_quality_scaling` (jcparam.c): scale 5000/q % below 50, 200 - 2q % from there on. */
function qualityOf(luminanceSum: number): number {
  const scale = (100 * luminanceSum) / SUM_AT_QUALITY_50;
  const quality = scale > 100 ? 5000 / scale : (200 - scale) / 2;
  return Math.min(100, Math.max(1, Math.round(quality)));
}
