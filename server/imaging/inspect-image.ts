import { decode, type ImageHeader, openImage } from './open-image.js';

/**
 * Size and kind of an image that can be read to its last pixel: what ingestion asks of a file before it keeps it.
 * Width and height are of the upright image. Throws UnreadableImageError.
 */
export async function inspectImage(bytes: Uint8Array): Promise<ImageHeader> {
  const { header, pipeline } = await openImage(bytes);
  await decode(pipeline.resize(8, 8, { fit: 'fill' }).raw().toBuffer()); // small, yet every row has to be decoded
  return header;
}
