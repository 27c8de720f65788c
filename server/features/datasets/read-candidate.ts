import { createHash } from 'node:crypto';
import { isImage, refusedFormat } from '../../imaging/sniff-format.js';
import { type ObjectStore, ObjectStoreError, type StoredObject } from '../../storage/object-store.js';

/** Why a file that was read, or was to be read, is skipped. */
export interface Skipped {
  reason: 'NOT_AN_IMAGE' | 'UNREADABLE';
  /** A sentence for people. */
  detail: string;
}

/** The bytes of a file that is an image, or claims to be one by its name; and their SHA-256. */
export interface Candidate {
  bytes: Buffer;
  sha256: string;
}

/** Names by which people recognise an image, also of kinds that are not read: such a file that is no image is a mistake. */
const IMAGE_NAME =
  /\.(jpe?g|jpe|jfif|jif|png|tiff?|webp|bmp|gif|hei[cf]|avif|jp2|j2k|jxl|dng|nef|cr[23]|arw|orf|rw2|psd|dcm|svs|ndpi|czi|lif|nd2|vsi|scn|mrxs)\s*$/i;

/** Whether a file's name says that it is an image. */
export function isCalledImage(key: string): boolean {
  return IMAGE_NAME.test(key);
}

/**
 * Reads a file once, and tells by its content whether it is an image at all: the name counts only for what is none, which is
 * UNREADABLE where it is called an image and NOT_AN_IMAGE otherwise. What the decoder says of an image is for later.
 *
 * @param most bytes; a larger file is not read
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
      return { reason: 'NOT_AN_IMAGE', detail: whatItIs(bytes) };
    }
    return { bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
  } catch (error) {
    if (!(error instanceof ObjectStoreError) || !error.concernsOneObject) throw error;
    const isGone = error.reason === 'NOT_FOUND';
    const detail = isGone ? 'The file was removed before it could be read.' : error.message;
    return { reason: 'UNREADABLE', detail };
  }
}

function whatItIs(bytes: Buffer): string {
  if (bytes.byteLength === 0) return 'The file is empty.';
  const kind = refusedFormat(bytes);
  return kind === null ? 'Its content is not that of an image.' : `It is ${kind.name}, not an image.`;
}
