import { realpath } from 'node:fs/promises';
import path from 'node:path';
import type { Services } from '../../api/context.js';
import { hasControlCharacters } from '../../api/control-characters.js';
import type { ObjectStore } from '../../storage/object-store.js';
import { openObjectStore } from '../../storage/open-object-store.js';

/** The source is none that this server reads from; `message` says which it does. */
export class SourceRefusedError extends Error {
  override readonly name = 'SourceRefusedError';
}

/**
 * The one way in which a source is written, such as 's3://bucket/prefix' or 'file:/folder': without a slash at its end,
 * and without '.' and '..'. Throws {@link SourceRefusedError} for what is neither.
 */
export function normaliseSource(source: string): string {
  if (hasControlCharacters(source)) {
    throw new SourceRefusedError('A source is plain text, without control characters.');
  }
  if (source.startsWith('s3://')) {
    const [, bucket, prefix = ''] = /^s3:\/\/([a-z0-9][a-z0-9._-]{1,61}[a-z0-9])(\/.*)?$/s.exec(source) ?? [];
    if (bucket === undefined) {
      throw new SourceRefusedError(`'${source}' names no bucket. Write s3://bucket/prefix.`);
    }
    return `s3://${bucket}${prefix.replace(/\/+$/, '')}`;
  }
  if (source.startsWith('file:')) return `file:${folderOf(source)}`;
  throw new SourceRefusedError(`'${source}' is no source. Write s3://bucket/prefix or file:/folder.`);
}

/**
 * Opens a normalised source for reading. A folder must lie below one of INGEST_ROOTS, also once symbolic links are
 * followed. Throws {@link SourceRefusedError}.
 */
export async function openSource(config: Services['config'], source: string): Promise<ObjectStore> {
  if (!source.startsWith('file:')) return openObjectStore(source, config.s3);

  const folder = folderOf(source);
  const roots = await Promise.all(
    config.ingestRoots.map((root) => realpath(root).catch(() => path.resolve(root))),
  );
  const allowed = (candidate: string, among: string[]) => among.some((root) => isBelow(root, candidate));
  // Looked at before the folder itself is: what lies elsewhere is not even said to exist.
  if (!allowed(folder, [...roots, ...config.ingestRoots.map((root) => path.resolve(root))])) {
    throw refusedFolder(folder, config.ingestRoots);
  }
  const target = await realpath(folder).catch(() => null);
  if (target === null) throw new SourceRefusedError(`There is no folder ${folder} on the server.`);
  if (!allowed(target, roots)) throw refusedFolder(folder, config.ingestRoots);
  return openObjectStore(`file:${target}`, config.s3);
}

/** 'file:/folder' and 'file:///folder' alike, as a path without '.' and '..'. */
function folderOf(source: string): string {
  const folder = source.slice('file:'.length).replace(/^\/\/(?=\/)/, '');
  if (path.isAbsolute(folder)) return path.resolve(folder);
  throw new SourceRefusedError(`'${source}' is not a whole path. Write file:/folder.`);
}

function isBelow(root: string, candidate: string): boolean {
  const way = path.relative(root, candidate);
  return way === '' || (way !== '..' && !way.startsWith(`..${path.sep}`) && !path.isAbsolute(way));
}

function refusedFolder(folder: string, roots: readonly string[]): SourceRefusedError {
  return new SourceRefusedError(
    roots.length === 0
      ? `Folders of the server cannot be ingested: its setting INGEST_ROOTS allows none. Use s3://bucket/prefix, or have it set.`
      : `${folder} is not below a folder that may be ingested. The server's setting INGEST_ROOTS allows: ${roots.join(', ')}.`,
  );
}
