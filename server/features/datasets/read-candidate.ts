import { createHash } from 'node:crypto';
import { isImage, refusedFormat } from '../../image-files/sniff-format.js';
import { type ObjectStore, ObjectStoreError, type StoredObject } from '../../storage/object-store.js';

/** Why a file in a class folder is skipped. */
export interface Skipped {
  reason: 'NOT_AN_IMAGE' | 'UNREADABLE';
  /** A sentence for people. */
  detail: string;
}

/** The bytes of a file that is an image by content or by name, and their SHA-256. */
export interface Candidate {
  bytes: Buffer;
  sha256: string;
}

/** File extensions of images, including unsupported formats. A file with such a name that is not a readable image is probably a mistake. */
const IMAGE_NAME =
  /\.(jpe?g|jpe|jfif|jif|png|tiff?|webp|bmp|gif|hei[cf]|avif|jp2|j2k|jxl|dng|nef|cr[23]|arw|orf|rw2|psd|dcm|svs|ndpi|czi|lif|nd2|vsi|scn|mrxs)\s*$/i;

/** Whether a file's name has an image extension. */
export function isCalledImage(key: string): boolean {
  return IMAGE_NAME.test(key);
}

/**
 * Reads a file and decides by its content whether it is an image. A file that is not an image is UNREADABLE if it has an image
 * extension, otherwise NOT_AN_IMAGE. Does not decode the image.
 *
 * @param most the maximum size in bytes; a larger file is not read
 */
export async function readCandidate(
  source: ObjectStore,
  { key, byteSize, unreadable }: StoredObject,
  most: number,
): Promise<Candidate | Skipped> {
  if (unreadable !== undefined) return { reason: 'UNREADABLE', detail: unreadable };
  if (byteSize > most) {
    const limit = most.toLocaleString('en');
    return { reason: 'UNREADABLE', detail: `The file is larger than ${limit} bytes, so it was not read.` };
  }
  try {
    const bytes = await source.get(key, { byteSize });
    if (!isImage(bytes) && !isCalledImage(key)) {
      return { reason: 'NOT_AN_IMAGE', detail: contentOf(bytes) };
    }
    return { bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
  } catch (error) {
    if (!(error instanceof ObjectStoreError) || !error.concernsOneObject) throw error;
    const isGone = error.reason === 'NOT_FOUND';
    const detail = isGone ? 'The file was removed before it could be read.' : error.message;
    return { reason: 'UNREADABLE', detail };
  }
}

function contentOf(bytes: Buffer): string {
  if (bytes.byteLength === 0) return 'The file is empty.';
  const kind = refusedFormat(bytes);
  return kind === null ? 'Its content is not an image.' : `It is ${kind.name}, not an image.`;
}
