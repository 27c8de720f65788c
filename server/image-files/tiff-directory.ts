import { latin1 } from './byte-arrays.js';

/** A field of a TIFF directory: its numbers, or its bytes for a text or what is undefined. */
export interface TiffField {
  readonly type: number;
  readonly count: number;
  readonly numbers: () => number[];
  /** The first of its numbers; undefined where it has none. However many a hostile file says it has, this reads one. */
  readonly first: () => number | undefined;
  readonly text: () => string;
}

export interface TiffDirectory {
  readonly fields: ReadonlyMap<number, TiffField>;
  /** Where the next directory is; 0 for none. */
  readonly next: number;
}

export interface TiffReader {
  /** Where the first directory is. */
  readonly first: number;
  /** Throws TiffDirectoryError, as its fields do, for what is not within the file. */
  directoryAt: (offset: number) => TiffDirectory;
}

/** Bytes that a value of each type takes (TIFF 6.0, and the 8-byte types of BigTIFF). */
const SIZES = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8];
/** Of more fields or values a file that makes sense has no use. */
const MOST_FIELDS = 4096;
const MOST_VALUES = 10_000_000;

/** A directory, or what it names, is not within the file. */
export class TiffDirectoryError extends Error {
  override readonly name = 'TiffDirectoryError';
}

/** Reads the directories of a TIFF, a BigTIFF or an Exif block; null for what begins as none of them. */
export function tiffReader(bytes: Uint8Array): TiffReader | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 16) return null;
  const little = bytes[0] === 0x49;
  if (bytes[0] !== bytes[1] || (!little && bytes[0] !== 0x4d)) return null;
  const big = view.getUint16(2, little) === 43;
  const check = (from: number, length: number) => {
    if (!(from >= 0 && from + length <= bytes.length)) {
      throw new TiffDirectoryError(`${length} bytes at ${from} of ${bytes.length}`);
    }
  };
  const offsetAt = (at: number) => (big ? Number(view.getBigUint64(at, little)) : view.getUint32(at, little));
  const width = big ? 8 : 4;

  const valueAt = (at: number, type: number): number => {
    switch (type) {
      case 1:
      case 2:
      case 7:
        return view.getUint8(at);
      case 3:
        return view.getUint16(at, little);
      case 6:
        return view.getInt8(at);
      case 8:
        return view.getInt16(at, little);
      case 9:
        return view.getInt32(at, little);
      case 5:
        return view.getUint32(at, little) / view.getUint32(at + 4, little);
      case 10:
        return view.getInt32(at, little) / view.getInt32(at + 4, little);
      case 11:
        return view.getFloat32(at, little);
      case 12:
        return view.getFloat64(at, little);
      case 16:
      case 18:
        return Number(view.getBigUint64(at, little));
      case 17:
        return Number(view.getBigInt64(at, little));
      default:
        return view.getUint32(at, little);
    }
  };

  return {
    first: offsetAt(big ? 8 : 4),
    directoryAt(offset) {
      check(offset, big ? 8 : 2);
      const count = big ? Number(view.getBigUint64(offset, little)) : view.getUint16(offset, little);
      if (count > MOST_FIELDS) throw new TiffDirectoryError(`${count} fields`);
      const fields = new Map<number, TiffField>();
      const start = offset + (big ? 8 : 2);
      const end = start + count * (4 + 2 * width);
      check(start, end - start);
      for (let index = 0; index < count; index++) {
        const at = start + index * (4 + 2 * width);
        const type = view.getUint16(at + 2, little);
        const values = offsetAt(at + 4);
        const size = SIZES[type] ?? 0;
        const place = size * values > width ? offsetAt(at + 4 + width) : at + 4 + width;
        const read = Math.min(values, MOST_VALUES);
        const numbers = (most: number) => {
          const asked = Math.min(read, most);
          if (asked > 0 && size === 0) throw new TiffDirectoryError(`type ${type}`);
          check(place, asked * size);
          return Array.from({ length: asked }, (_, value) => valueAt(place + value * size, type));
        };
        fields.set(view.getUint16(at, little), {
          type,
          count: values,
          numbers: () => numbers(read),
          first: () => numbers(1)[0],
          text: () => latin1(bytes.subarray(place, place + read)).replace(/\0.*$/s, ''),
        });
      }
      return { fields, next: end + width <= bytes.length ? offsetAt(end) : 0 };
    },
  };
}
