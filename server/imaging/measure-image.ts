import sharp from 'sharp';
import { z } from 'zod';
import { type CellMeasurements, measureCells } from '../pixels/measure-cells.js';
import { MEASURED_SIDE, measurePixels, type PictureMeasurements } from '../pixels/measure-pixels.js';
import { HASH_DIGITS } from '../pixels/perceptual-hash.js';
import { jpegCoding } from './jpeg-coding.js';
import { type ImageHeader, reduceImage } from './open-image.js';

const Colour = z.tuple([z.number(), z.number(), z.number()]);

/**
 * The version of the measurements. It is raised when one is added or computed in another way: images that were measured before are
 * then measured again when a snapshot is made of them, so that the images of a snapshot can be compared.
 */
export const MEASUREMENTS_VERSION = 2;

/** The cells are looked for in a picture of at most this width and height, which limits the memory. In pixels. */
const LONGEST_SIDE = 2000;

/** The measurements of an image, made when it is first read, so that it need not be decoded again. */
export const ImageMeasurements = z.object({
  version: z.literal(MEASUREMENTS_VERSION),
  corners: z.array(Colour).length(4),
  cornerSpread: Colour,
  border: Colour,
  borderSpread: Colour,
  colour: Colour,
  colourSpread: Colour,
  contrast: z.number(),
  perceptualHash: z.string().length(HASH_DIGITS),
  cells: z.object({
    wholeCells: z.int(),
    subject: z.object({ diameter: z.number(), isCutOff: z.boolean() }).nullable(),
    redCellDiameter: z.number().nullable(),
  }) satisfies z.ZodType<CellMeasurements>,
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
    picture
      .resize(LONGEST_SIDE, LONGEST_SIDE, { fit: 'inside', withoutEnlargement: true })
      .raw()
      .toBuffer({ resolveWithObject: true }),
  );
  const { data, info } = reduced;
  const { width, height } = info;
  const small = await sharp(data, { raw: { width, height, channels: 3 } })
    .resize(MEASURED_SIDE, MEASURED_SIDE, { fit: 'fill' })
    .raw()
    .toBuffer();
  return {
    header,
    measurements: {
      version: MEASUREMENTS_VERSION,
      ...measurePixels(small),
      cells: measureCells(data, width, height, header.width / width),
      jpeg: jpegCoding(bytes),
    },
  };
}
