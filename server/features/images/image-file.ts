import { authorise } from '../../api/authorise.js';
import type { RequestContext, Viewer } from '../../api/context.js';
import { storedImageFault } from '../../api/errors.js';
import { ofHiddenSites, ofVisibleSites } from '../../api/visible-sites.js';
import { thumbnail } from '../../imaging/thumbnail.js';
import { withoutMetadata } from '../../imaging/without-metadata.js';
import { imageKey } from '../../storage/keys.js';
import { readStoredImage, StoredImageError } from '../../storage/stored-images.js';

const SHA256 = /^[0-9a-f]{64}$/;

interface ImageFile {
  bytes: Uint8Array;
  mediaType: string;
}

/** A stored image without its metadata, for users who may see images; null if there is none. */
export async function imageFile(context: RequestContext, sha256: string): Promise<ImageFile | null> {
  const image = await storedImage(context, sha256);
  return image && withoutMetadata(image.bytes, image.mediaType);
}

/** A JPEG of a stored image that fits in a square of `size` pixels; null if there is no such image. */
export async function imageThumbnail(
  context: RequestContext,
  sha256: string,
  size: number,
): Promise<Uint8Array | null> {
  const image = await storedImage(context, sha256);
  return image && thumbnail(image.bytes, size);
}

/** The bytes of an image as they were sent, with metadata, for users who may download originals; null if there is none. */
export async function originalImageFile(context: RequestContext, sha256: string): Promise<ImageFile | null> {
  authorise(context, 'download original images');
  return storedImage(context, sha256);
}

async function storedImage(context: RequestContext, sha256: string) {
  authorise(context, 'read predictions');
  const viewer = authorise(context, 'see images');
  if (!SHA256.test(sha256)) return null;
  const image = await context.database.image.findFirst({
    where: { sha256, ...ofVisibleUses(viewer) },
    select: { mediaType: true },
  });
  return image && { bytes: await readVerifiedImage(context, sha256), mediaType: image.mediaType };
}

/**
 * The condition that a user sees an image: it belongs to a prediction or field of a site that the user sees, or to a dataset.
 * Datasets have no site, but an item of reviewed predictions is visible only with all of these.
 */
function ofVisibleUses(viewer: Viewer) {
  if (viewer.seesAllSites) return {};
  const some = ofVisibleSites(viewer);
  const ofItem = { reviews: { none: { prediction: ofHiddenSites(viewer) } } };
  return { OR: [{ predictions: { some } }, { fields: { some } }, { items: { some: ofItem } }] };
}

/** Refuses bytes that have changed since they were stored, because the content of a URL never changes. */
export async function readVerifiedImage(
  { store, log, signal }: RequestContext,
  sha256: string,
): Promise<Buffer> {
  try {
    return await readStoredImage(store, sha256, { signal });
  } catch (error) {
    if (!(error instanceof StoredImageError)) throw error;
    log.error({ err: error, object: store.uri(imageKey(sha256)) }, 'A stored image cannot be served');
    throw storedImageFault(error.fault, error.message);
  }
}
