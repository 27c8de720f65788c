import { MAX_PIXELS } from './limits.js';
import { UnreadableImageError } from './unreadable-image.js';

/**
 * Warnings about the file rather than the picture in it. They are shown beside the answer with the quality warnings.
 *
 * - `FILE_FAULT`: the file breaks the rules of its format in a way that is known of cameras and programs; the picture is whole.
 * - `POSSIBLY_DAMAGED`: nothing is missing, but the picture has a break, or the file a value, that an intact one would not have.
 * - `UNVERIFIABLE`: a lossless WebP, or a TIFF with WebP compression: damage cannot be detected in these formats.
 * - `TRANSPARENT`: parts of the picture are transparent and were put on white.
 * - `EXTRA_CHANNEL`: the pixels have a fourth value that the file does not explain; it was left out.
 * - `COLOUR_SPACE_UNKNOWN`: the file says that its colours are not sRGB, and not what they are.
 */
export const fileWarningCodes = [
  'FILE_FAULT',
  'POSSIBLY_DAMAGED',
  'UNVERIFIABLE',
  'TRANSPARENT',
  'EXTRA_CHANNEL',
  'COLOUR_SPACE_UNKNOWN',
] as const;
export type FileWarning = (typeof fileWarningCodes)[number];

/** The result of inspecting the structure of a file before its pixels are decoded. */
export interface Inspection {
  /** The bytes to decode: the file's own, or a copy in which a known fault is repaired. */
  readonly bytes: Uint8Array;
  readonly warnings: readonly FileWarning[];
}

/** The error for a damaged file of a supported image format. */
export class DamagedImageError extends UnreadableImageError {
  constructor(cause?: unknown) {
    super('The image is damaged or incomplete. Send the original file again.', { cause });
  }
}

export function damaged(cause?: unknown): DamagedImageError {
  return new DamagedImageError(cause);
}

/** The error for an intact file of an unsupported kind. `what` begins with an article: 'a JPEG with 12 bits'. */
export function unsupported(what: string, instead: string): UnreadableImageError {
  return new UnreadableImageError(`This is ${what}, which is not supported. ${instead}`);
}

/** The error if width × height is more than `MAX_PIXELS`. */
export function tooManyPixels(cause?: unknown): UnreadableImageError {
  return new UnreadableImageError(
    `The image has more than ${MAX_PIXELS / 1e6} million pixels. Crop it to the cell, or export it smaller.`,
    { cause },
  );
}

/** The error if the width or height is 0. */
export function noPixels(cause?: unknown): UnreadableImageError {
  return new UnreadableImageError(
    'The image has no pixels: its width or height is 0. Send one that shows a cell.',
    { cause },
  );
}
