import type { FieldWarning } from '../pixels/field-cells.js';
import { preparePixels } from '../pixels/prepare-pixels.js';
import type { Preprocessing } from '../pixels/preprocessing.js';
import type { QualityWarning } from '../pixels/quality.js';
import type { FileWarning } from './inspection.js';
import { type ImageHeader, openImage } from './open-image.js';

export interface PreparedImage extends ImageHeader {
  /** `[S, S, 3]`, RGB 0–255: cropped, resized and colour-corrected. */
  readonly pixels: Uint8Array;
  /** Warnings about the file, and about the part of the picture that the network sees. */
  readonly qualityWarnings: (FileWarning | QualityWarning | FieldWarning)[];
}

/**
 * Decodes an uploaded image and prepares its pixels for a network. Deterministic: the same bytes and preprocessing give the
 * same pixels in training and in serving. Throws UnreadableImageError with a message that says what would be right.
 */
export async function prepareImage(bytes: Uint8Array, preprocessing: Preprocessing): Promise<PreparedImage> {
  const { header, warnings, pipeline } = await openImage(bytes);
  const prepared = await preparePixels(header, preprocessing, (box, size) =>
    pipeline.extract(box).resize(size, size, { fit: 'fill', kernel: 'lanczos3' }).raw().toBuffer(),
  );
  return {
    ...header,
    pixels: prepared.pixels,
    qualityWarnings: [...warnings(), ...prepared.qualityWarnings],
  };
}
