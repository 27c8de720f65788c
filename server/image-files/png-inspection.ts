import { joined, latin1 } from './byte-arrays.js';
import type { StatedColours } from '../pixels/colour-space.js';
import { damaged, type FileWarning, type Inspection, noPixels } from './inspection.js';
import { UnreadableImageError } from './unreadable-image.js';

/** Chunks that the decoder needs: the others are left out where one of them is faulty. */
const NEEDED = ['IHDR', 'PLTE', 'IDAT', 'IEND', 'tRNS', 'eXIf'];

/** Chunks that say something about the colours. */
const OF_COLOUR = ['cICP', 'iCCP', 'sRGB', 'gAMA', 'cHRM'];

/**
 * Follows the chunks of a PNG to its end and checks every checksum: a decoder stops at the last row that it needs. Throws
 * UnreadableImageError for a damaged file, for one without pixels, and for an animation (APNG).
 *
 * @param crc32 the checksum of ISO 3309, as an unsigned number
 */
export function inspectPng(
  bytes: Uint8Array,
  crc32: (bytes: Uint8Array) => number,
): Inspection & { readonly colours: StatedColours } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chunks = new Map<string, Uint8Array>();
  const warnings = new Set<FileWarning>();
  let at = 8;
  for (let type = ''; type !== 'IEND';) {
    if (at + 12 > bytes.length) throw damaged();
    const length = view.getUint32(at);
    const end = at + 12 + length;
    if (end > bytes.length) throw damaged();
    const typed = bytes.subarray(at + 4, end - 4);
    type = latin1(typed.subarray(0, 4));
    if (crc32(typed) !== view.getUint32(end - 4)) throw damaged();
    if (type === 'IHDR' && (view.getUint32(at + 8) === 0 || view.getUint32(at + 12) === 0)) {
      throw noPixels();
    }
    if (type === 'acTL') {
      throw new UnreadableImageError(
        'This is an animated PNG. Send the one picture that shows the cell in focus.',
      );
    }
    if (OF_COLOUR.includes(type) && !chunks.has(type)) chunks.set(type, bytes.subarray(at + 8, end - 4));
    at = end;
  }
  if (bytes.subarray(at).some((byte) => byte !== 0)) warnings.add('FILE_FAULT');
  return { bytes, warnings: [...warnings], colours: coloursOf(chunks) };
}

/** What of the chunks about colour counts: the first of cICP, iCCP, sRGB, and gAMA with cHRM (PNG specification, 4.3). */
function coloursOf(chunks: ReadonlyMap<string, Uint8Array>): StatedColours {
  const cicp = chunks.get('cICP');
  if (cicp && cicp.length >= 4) {
    const [primaries = 0, transfer = 0] = cicp;
    return { kind: 'code points', primaries, transfer };
  }
  if (chunks.has('iCCP') || chunks.has('sRGB')) return { kind: 'none' };
  const numbers = (type: string, count: number) => {
    const chunk = chunks.get(type);
    if (chunk?.length !== 4 * count) return null;
    const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    return Array.from({ length: count }, (_, index) => view.getUint32(4 * index) / 100_000);
  };
  const [gamma] = numbers('gAMA', 1) ?? [];
  const [whiteX = 0, whiteY = 0, redX = 0, redY = 0, greenX = 0, greenY = 0, blueX = 0, blueY = 0] =
    numbers('cHRM', 8) ?? [];
  if (!gamma && !whiteY) return { kind: 'none' };
  return {
    kind: 'measured',
    gamma: gamma ? 1 / gamma : null,
    primaries:
      whiteY > 0
        ? { white: [whiteX, whiteY], red: [redX, redY], green: [greenX, greenY], blue: [blueX, blueY] }
        : null,
  };
}

/** The PNG without the chunks that say nothing of its pixels: some programs write those that no strict decoder reads. */
export function withoutExtras(png: Uint8Array): Uint8Array {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  const kept = [png.subarray(0, 8)];
  for (let at = 8; at + 12 <= png.length;) {
    const end = at + 12 + view.getUint32(at);
    const type = latin1(png.subarray(at + 4, at + 8));
    if (NEEDED.includes(type)) kept.push(png.subarray(at, end));
    if (type === 'IEND') break;
    at = end;
  }
  return joined(kept);
}
