import { reduceImage } from './open-image.js';

/** The image as a JPEG that fits a square of `size` pixels, never enlarged. Throws UnreadableImageError. */
export async function thumbnail(bytes: Uint8Array, size: number): Promise<Buffer> {
  const { reduced } = await reduceImage(bytes, (picture) =>
    picture.resize(size, size, { fit: 'inside', withoutEnlargement: true }).jpeg({ quality: 85 }).toBuffer(),
  );
  return reduced;
}
