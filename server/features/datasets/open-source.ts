import { realpath } from 'node:fs/promises';
import path from 'node:path';
import type { Services } from '../../api/context.js';
import { hasControlCharacters } from '../../api/control-characters.js';
import type { ObjectStore } from '../../storage/object-store.js';
import { openObjectStore } from '../../storage/open-object-store.js';

/** Thrown if the server does not read from this source. The message says which sources are allowed. */
export class SourceRefusedError extends Error {
  override readonly name = 'SourceRefusedError';
}

/**
 * Normalises the address of a source, such as 's3://bucket/prefix' or 'file:/folder': without a trailing slash, '.' and '..'.
 * Throws {@link SourceRefusedError} for any other address.
 */
export function normaliseSource(source: string): string {
  if (hasControlCharacters(source)) {
    throw new SourceRefusedError('A source must not contain control characters.');
  }
  if (source.startsWith('s3://')) {
    const [, bucket, prefix = ''] = /^s3:\/\/([a-z0-9][a-z0-9._-]{1,61}[a-z0-9])(\/.*)?$/s.exec(source) ?? [];
    if (bucket === undefined) {
      throw new SourceRefusedError(`'${source}' does not name a bucket. Write s3://bucket/prefix.`);
    }
    if (/\/\.{1,2}(\/|$)/.test(prefix)) {
      throw new SourceRefusedError(
        `'${source}' has a folder named '.' or '..'. Write the prefix without them.`,
      );
    }
    return `s3://${bucket}${prefix.replace(/\/+$/, '')}`;
  }
  if (source.startsWith('file:')) return `file:${folderOf(source)}`;
  throw new SourceRefusedError(
    `'${source}' is not a valid source. Write s3://bucket/prefix or file:/folder.`,
  );
}

/**
 * Opens a normalised source for reading. A folder must be below one of INGEST_ROOTS, before and after symbolic links are
 * resolved; a bucket must be in INGEST_BUCKETS. Throws {@link SourceRefusedError}.
 */
export async function openSource(config: Services['config'], source: string): Promise<ObjectStore> {
  if (!source.startsWith('file:')) {
    if (!config.ingestBuckets.some((entry) => `${source}/`.startsWith(`s3://${entry}/`))) {
      throw refusedBucket(source, config.ingestBuckets);
    }
    return openObjectStore(source, config.s3);
  }

  const folder = folderOf(source);
  const roots = await Promise.all(
    config.ingestRoots.map((root) => realpath(root).catch(() => path.resolve(root))),
  );
  const allowed = (candidate: string, among: string[]) => among.some((root) => isBelow(root, candidate));
  // Checked before the folder itself is accessed, so that the error does not reveal whether a folder elsewhere exists.
  if (!allowed(folder, [...roots, ...config.ingestRoots.map((root) => path.resolve(root))])) {
    throw refusedFolder(folder, config.ingestRoots);
  }
  const target = await realpath(folder).catch(() => null);
  if (target === null) throw new SourceRefusedError(`There is no folder ${folder} on the server.`);
  if (!allowed(target, roots)) throw refusedFolder(folder, config.ingestRoots);
  return openObjectStore(`file:${target}`, config.s3);
}

/** The absolute path of 'file:/folder' or 'file:///folder', without '.' and '..'. */
function folderOf(source: string): string {
  const folder = source.slice('file:'.length).replace(/^\/\/(?=\/)/, '');
  if (path.isAbsolute(folder)) return path.resolve(folder);
  throw new SourceRefusedError(`'${source}' is not an absolute path. Write file:/folder.`);
}

function isBelow(root: string, candidate: string): boolean {
  const relative = path.relative(root, candidate);
  return (
    relative === '' ||
    (relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative))
  );
}

function refusedFolder(folder: string, roots: readonly string[]): SourceRefusedError {
  return new SourceRefusedError(
    roots.length === 0
      ? `Folders of the server cannot be ingested, because the setting INGEST_ROOTS is empty. Ask an administrator to set it.`
      : `${folder} is not below a folder that may be ingested. The server's setting INGEST_ROOTS allows: ${roots.join(', ')}.`,
  );
}

function refusedBucket(source: string, buckets: readonly string[]): SourceRefusedError {
  return new SourceRefusedError(
    buckets.length === 0
      ? `Buckets cannot be ingested, because the setting INGEST_BUCKETS is empty. Ask an administrator to set it.`
      : `${source} is not in a bucket that may be ingested. The server's setting INGEST_BUCKETS allows: ${buckets.join(', ')}.`,
  );
}
