import { authorise } from '../../api/authorise.js';
import type { RequestContext } from '../../api/context.js';
import { thumbnail } from '../../imaging/thumbnail.js';
import { imageKey } from '../../storage/keys.js';

const SHA256 = /^[0-9a-f]{64}$/;

/** The bytes of an image, for those who may read predictions and datasets; null where there is no such image. */
export async function imageFile(
  context: RequestContext,
  sha256: string,
): Promise<{ bytes: Buffer; mediaType: string } | null> {
  authorise(context, 'read predictions');
  authorise(context, 'read datasets');
  if (!SHA256.test(sha256)) return null;
  const image = await context.database.image.findUnique({ where: { sha256 }, select: { mediaType: true } });
  if (!image) return null;
  return { bytes: await context.store.get(imageKey(sha256)), mediaType: image.mediaType };
}

/** A JPEG of an image that fits a square of `size` pixels; null where there is no such image. */
export async function imageThumbnail(
  context: RequestContext,
  sha256: string,
  size: number,
): Promise<Buffer | null> {
  const image = await imageFile(context, sha256);
  return image && thumbnail(image.bytes, size);
}
