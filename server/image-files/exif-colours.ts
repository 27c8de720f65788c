import { latin1 } from './byte-arrays.js';
import type { StatedColours } from '../pixels/colour-space.js';
import { type TiffDirectory, TiffDirectoryError, type TiffReader, tiffReader } from './tiff-directory.js';

// Exif 2.32, sections 4.6.3, 4.6.5 and 4.6.7; DCF 2.0 writes Adobe RGB as "uncalibrated" with the index R03.
const [EXIF, INTEROPERABILITY, COLOUR_SPACE, INDEX] = [34665, 40965, 40961, 1];
const [SRGB, ADOBE_RGB, UNCALIBRATED] = [1, 2, 65535];

/** Reads the colour space that an Exif block states, as a decoder returns the block. Ignores fields that cannot be read. */
export function coloursOfExif(block: Uint8Array): StatedColours {
  const header = latin1(block.subarray(0, 6)) === 'Exif\0\0' ? 6 : 0;
  const reader = tiffReader(block.subarray(header));
  if (!reader) return { kind: 'none' };
  try {
    const exif = reader.directoryAt(reader.first).fields.get(EXIF)?.first();
    return exif ? exifColours(reader, reader.directoryAt(exif)) : { kind: 'none' };
  } catch (error) {
    if (error instanceof TiffDirectoryError) return { kind: 'none' };
    throw error;
  }
}

/** @param exif the Exif directory itself. Throws TiffDirectoryError where it leads beyond the file. */
export function exifColours(reader: TiffReader, { fields }: TiffDirectory): StatedColours {
  const space = fields.get(COLOUR_SPACE)?.first();
  if (space === ADOBE_RGB) return { kind: 'adobe rgb' }; // not of the standard, and written by some cameras
  if (space === undefined || space === SRGB) return { kind: 'none' };
  const offset = fields.get(INTEROPERABILITY)?.first();
  const index = offset && reader.directoryAt(offset).fields.get(INDEX)?.text();
  if (space === UNCALIBRATED && index === 'R03') return { kind: 'adobe rgb' };
  return { kind: 'unknown' };
}
