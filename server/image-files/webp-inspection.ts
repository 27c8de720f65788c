import { ascii, joined, latin1 } from './byte-arrays.js';
import { damaged, type FileWarning, type Inspection } from './inspection.js';
import { UnreadableImageError } from './unreadable-image.js';

/** So many bytes less than it has, and a picture's data cannot be decoded to the end: one more than libwebp's encoder needs. */
const CUT = { 'VP8 ': 5, VP8L: 3 };
/** So many zeros end no picture's data: an encoder's last byte holds bits of the picture. */
const ZEROS_AT_END = 12;
const ANIMATION = 0x02;

export interface WebpInspection extends Inspection {
  /**
   * The picture without its last bytes. WebP has no checksum, and a decoder decodes any bytes to a picture, but it uses more
   * or fewer bytes than a damaged file has. It reports an error if it needs more. It needs fewer if it can decode this, too.
   */
  readonly shortened: Uint8Array;
}

/** Follows the chunks of a WebP to its end. Throws UnreadableImageError for a damaged file and for an animation. */
export function inspectWebp(bytes: Uint8Array): WebpInspection {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 20) throw damaged();
  const end = 8 + view.getUint32(4, true);
  if (end > bytes.length + 1) throw damaged(); // the last byte may be left out where it only makes the length even
  const warnings = new Set<FileWarning>(bytes.subarray(end).some((byte) => byte !== 0) ? ['FILE_FAULT'] : []);
  for (let at = 12; at + 8 <= Math.min(end, bytes.length);) {
    const type = latin1(bytes.subarray(at, at + 4));
    const length = view.getUint32(at + 4, true);
    const from = at + 8;
    if (from + length > bytes.length) throw damaged();
    if (type === 'ANIM' || type === 'ANMF' || (type === 'VP8X' && ((bytes[from] ?? 0) & ANIMATION) !== 0)) {
      throw new UnreadableImageError(
        'This is an animated WebP. Send the one picture that shows the cell in focus.',
      );
    }
    if (type === 'VP8 ' || type === 'VP8L') {
      const data = bytes.subarray(from, from + length);
      if (data.length < 16) throw damaged();
      if (data.subarray(-ZEROS_AT_END).every((byte) => byte === 0)) throw damaged();
      if (type === 'VP8L') warnings.add('UNVERIFIABLE');
      return {
        bytes,
        warnings: [...warnings],
        shortened: simpleFile(type, data.subarray(0, (data.length - CUT[type]) & ~1)),
      };
    }
    at = from + length + (length % 2);
  }
  throw damaged();
}

/** A WebP of one chunk, whose length is even: what fills up an odd one, the decoder would take for data. */
function simpleFile(type: string, data: Uint8Array): Uint8Array {
  const header = new Uint8Array(20);
  const view = new DataView(header.buffer);
  header.set(ascii('RIFF'), 0);
  view.setUint32(4, 12 + data.length, true);
  header.set(ascii('WEBP'), 8);
  header.set(ascii(type), 12);
  view.setUint32(16, data.length, true);
  return joined([header, data]);
}
