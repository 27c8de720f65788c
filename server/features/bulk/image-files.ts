import type { ObjectStore, StoredObject } from '../../storage/object-store.js';
import { listFiles } from '../datasets/source-files.js';

/**
 * Every file below the source that may be an image, in all folders, in byte order of the keys. The listing is read page by page.
 * Whether a file is an image is decided by its content, when it is read. System files (.DS_Store, Thumbs.db, …) are left out.
 */
export async function* candidateFiles(source: ObjectStore): AsyncGenerator<StoredObject> {
  for await (const { object, system } of listFiles(source)) if (system === null) yield object;
}

/** The numbers of files that may be images, and of system files. */
export interface FileCounts {
  candidates: number;
  systemFiles: number;
}

/** Lists the source once. Throws the reason of `signal` when that aborts. */
export async function countFiles(
  source: ObjectStore,
  signal: AbortSignal,
  onCandidate: (key: string) => void = () => {},
): Promise<FileCounts> {
  const counts = { candidates: 0, systemFiles: 0 };
  for await (const { object, system } of listFiles(source)) {
    signal.throwIfAborted();
    if (system !== null) counts.systemFiles += 1;
    else {
      counts.candidates += 1;
      onCandidate(object.key);
    }
  }
  return counts;
}
