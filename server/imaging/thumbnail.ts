import { openImage } from './open-image.js';

/** The image as a JPEG that fits a square of `size` pixels, never enlarged. Throws UnreadableImageError. */
export async function thumbnail(bytes: Uint8Array, size: number): Promise<Buffer> {
  const { pipeline } = await openImage(bytes);
  return pipeline
    .resize(size, size, { fit: 'inside', withoutEnlargement: true })
    .jpeg({ quality: 85 })
    .toBuffer();
}
