import { z } from 'zod';
import { MEASURED_SIDE, measurePixels, type PictureMeasurements } from '../pixels/measure-pixels.js';
import { HASH_DIGITS } from '../pixels/perceptual-hash.js';
import { jpegCoding } from './jpeg-coding.js';
import { type ImageHeader, reduceImage } from './open-image.js';

const Colour = z.tuple([z.number(), z.number(), z.number()]);

/** The measurements of an image, made when it is first read, so that it need not be decoded again. */
export const ImageMeasurements = z.object({
  corners: z.array(Colour).length(4),
  cornerSpread: Colour,
  border: Colour,
  borderSpread: Colour,
  colour: Colour,
  colourSpread: Colour,
  contrast: z.number(),
  perceptualHash: z.string().length(HASH_DIGITS),
  /** How the image was compressed; null for formats other than JPEG. */
  jpeg: z
    .object({ tables: z.string(), quality: z.number(), subsampling: z.string(), progressive: z.boolean() })
    .nullable(),
}) satisfies z.ZodType<PictureMeasurements>;
export type ImageMeasurements = z.infer<typeof ImageMeasurements>;

/**
 * Returns size, media type and measurements of an image. Decodes it once, to the last pixel, as ingestion needs before it
 * stores a file. Throws UnreadableImageError.
 */
export async function measureImage(
  bytes: Uint8Array,
): Promise<{ header: ImageHeader; measurements: ImageMeasurements }> {
  const { header, reduced } = await reduceImage(bytes, (picture) =>
    picture.resize(MEASURED_SIDE, MEASURED_SIDE, { fit: 'fill' }).raw().toBuffer(),
  );
  return { header, measurements: { ...measurePixels(reduced), jpeg: jpegCoding(bytes) } };
}
