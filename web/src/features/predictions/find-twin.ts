import type { ClassificationTarget, QueuedFile } from './classification-queue.js';

/** The files before this one that may have the same content, with the same target; those that were not sent do not count. */
export function possibleTwins(queued: QueuedFile, files: readonly QueuedFile[]): QueuedFile[] {
  return files.filter(
    ({ id, file, target, step }) =>
      id < queued.id &&
      file.size === queued.file.size &&
      isSameTarget(target, queued.target) &&
      !['cancelled', 'failed', 'held'].includes(step.kind),
  );
}

/**
 * The one of these files that has the same content. Without HTTPS, browsers compute no hashes and none is found: then only the answer of
 * the server says that it has seen the image before.
 */
export async function findTwin(
  file: File,
  candidates: readonly QueuedFile[],
): Promise<QueuedFile | undefined> {
  const digest = await digestOf(file);
  for (const candidate of candidates) {
    if (digest !== null && (await digestOf(candidate.file)) === digest) return candidate;
  }
  return undefined;
}

function isSameTarget(one: ClassificationTarget, other: ClassificationTarget): boolean {
  return (
    one.caseReference === other.caseReference &&
    one.modelName === other.modelName &&
    one.modelVersionId === other.modelVersionId &&
    one.siteId === other.siteId &&
    one.picture === other.picture
  );
}

const digests = new WeakMap<File, Promise<string | null>>();

/** The SHA-256 of a file, computed once. Null if the file cannot be read, or the browser computes no hashes. */
function digestOf(file: File): Promise<string | null> {
  const known = digests.get(file) ?? computeDigest(file).catch(() => null);
  digests.set(file, known);
  return known;
}

async function computeDigest(file: File): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', await file.arrayBuffer());
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
