import { authorise } from '../../api/authorise.js';
import type { RequestContext } from '../../api/context.js';
import { storedImageFault } from '../../api/errors.js';
import { thumbnail } from '../../imaging/thumbnail.js';
import { imageKey } from '../../storage/keys.js';
import { readStoredImage, StoredImageError } from '../../storage/stored-images.js';

const SHA256 = /^[0-9a-f]{64}$/;

/** A stored image as it came, for those who may read predictions; null for what is not there. */
export async function imageFile(
  context: RequestContext,
  sha256: string,
): Promise<{ bytes: Uint8Array; mediaType: string } | null> {
  authorise(context, 'read predictions');
  if (!SHA256.test(sha256)) return null;
  const image = await context.database.image.findUnique({ where: { sha256 }, select: { mediaType: true } });
  return image && { bytes: await readVerified(context, sha256), mediaType: image.mediaType };
}

/** A JPEG of a stored image that fits a square of `size` pixels; null for what is not there. */
export async function imageThumbnail(
  context: RequestContext,
  sha256: string,
  size: number,
): Promise<Uint8Array | null> {
  const image = await imageFile(context, sha256);
  return image && thumbnail(image.bytes, size);
}

/** What is no longer what was stored is never given out: an address has one content for ever. */
async function readVerified({ store, log, signal }: RequestContext, sha256: string): Promise<Buffer> {
  try {
    return await readStoredImage(store, sha256, { signal });
  } catch (error) {
    if (!(error instanceof StoredImageError)) throw error;
    log.error({ err: error, object: store.uri(imageKey(sha256)) }, 'A stored image cannot be given out');
    throw storedImageFault(error.fault, error.message);
  }
}
