import { authorise } from '../../api/authorise.js';
import type { RequestContext } from '../../api/context.js';
import { thumbnail } from '../../imaging/thumbnail.js';
import { imageKey } from '../../storage/keys.js';

const SHA256 = /^[0-9a-f]{64}$/;

/** A stored image as it came, for those who may read predictions; null for what is not there. */
export async function imageFile(
  context: RequestContext,
  sha256: string,
): Promise<{ bytes: Uint8Array; mediaType: string } | null> {
  authorise(context, 'read predictions');
  if (!SHA256.test(sha256)) return null;
  const image = await context.database.image.findUnique({ where: { sha256 }, select: { mediaType: true } });
  return image && { bytes: await context.store.get(imageKey(sha256)), mediaType: image.mediaType };
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
