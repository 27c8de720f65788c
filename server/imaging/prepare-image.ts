import { type CropBox } from '../pixels/crop-box.js';
import { preparePixels, prepareBox, type PreparedPixels, type Picture } from '../pixels/prepare-pixels.js';
import type { Preprocessing } from '../pixels/preprocessing.js';
import type { FileWarning } from '../image-files/inspection.js';
import { type ImageHeader, type OpenedImage, openImage } from './open-image.js';
import { resizePartOf } from './resize-part.js';

export interface PreparedImage extends ImageHeader, Omit<PreparedPixels, 'qualityWarnings'> {
  /** Warnings about the file, about what the picture shows, and about the part of it that the network sees. */
  readonly qualityWarnings: (FileWarning | PreparedPixels['qualityWarnings'][number])[];
}

/**
 * Decodes an uploaded image of a single cell and prepares its pixels for a network. Deterministic: the same bytes and
 * preprocessing give the same pixels in training and in serving. Throws UnreadableImageError with a message that says what would
 * be right.
 */
export async function prepareImage(bytes: Uint8Array, preprocessing: Preprocessing): Promise<PreparedImage> {
  const image = await openImage(bytes);
  const picture = await pictureOf(image);
  const prepared = await preparePixels(picture, preprocessing, resizePartOf(picture));
  const qualityWarnings = [...image.warnings(), ...prepared.qualityWarnings];
  image.release();
  return { ...image.header, ...prepared, qualityWarnings };
}

/** The pixels of an image as `prepareImage` gives them, of a part of the picture that is known already. */
export async function prepareImageBox(
  bytes: Uint8Array,
  box: CropBox,
  preprocessing: Preprocessing,
): Promise<Uint8Array> {
  const image = await openImage(bytes);
  const picture = await pictureOf(image);
  return (await prepareBox(picture, box, preprocessing, resizePartOf(picture))).pixels;
}

/** The decoded pixels of an opened image. */
export async function pictureOf({ header: { width, height }, rgb }: OpenedImage): Promise<Picture> {
  return { width, height, pixels: await rgb() };
}
