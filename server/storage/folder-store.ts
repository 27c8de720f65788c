import { randomUUID } from 'node:crypto';
import type { BigIntStats, Dirent } from 'node:fs';
import { link, mkdir, open, readdir, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { type ObjectStore, ObjectStoreError, type StoredObject } from './object-store.js';

/** Where files are written before they get their names; a crash leaves its unfinished file here. */
const DRAFTS = '.drafts';
const LEFTOVER_AGE_MS = 24 * 60 * 60 * 1000;

/**
 * The files below `folder` as an object store: keys are paths relative to it. Nothing outside it is read or written,
 * whatever a key or a symbolic link says. The folder comes into being with the first object; one that was there and is gone
 * (a disk no longer mounted) is not made anew, where its objects would be out of sight once it is back.
 */
export function openFolderStore(folder: string): ObjectStore {
  return new FolderStore(path.resolve(folder));
}

class FolderStore implements ObjectStore {
  readonly root: string;
  readonly #folder: string;
  #drafts: Promise<string> | null = null;
  #wasThere = false;

  constructor(folder: string) {
    this.#folder = folder;
    this.root = `file:${folder.endsWith(path.sep) ? folder : folder + path.sep}`;
  }

  uri(key: string): string {
    assertKey(key);
    return this.root + key;
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    await this.#write(key, bytes, async (draft, target) => {
      await rename(draft, target);
      return 'created';
    });
  }

  async putOnce(key: string, bytes: Uint8Array): Promise<'created' | 'exists'> {
    if ((await this.stat(key)) === null)
      return this.#write(key, bytes, async (draft, target) => {
        try {
          await link(draft, target);
          return 'created';
        } catch (error) {
          if (codeOf(error) === 'EEXIST') return 'exists';
          throw error;
        } finally {
          await rm(draft, { force: true });
        }
      });
    // Whoever created it may not have come to that yet, and what 'exists' is durable, too.
    await syncFolder(path.dirname(this.#pathOf(key)));
    return 'exists';
  }

  async get(key: string): Promise<Buffer> {
    const found = await this.#find(key);
    if (!found) throw new ObjectStoreError('NOT_FOUND', `There is no file ${this.uri(key)}.`);
    return readFile(found.file).catch((error: unknown) => {
      throw asStoreError(error, found.file);
    });
  }

  async stat(key: string): Promise<StoredObject | null> {
    const found = await this.#find(key);
    return found && describe(key, found.stats);
  }

  async *list(prefix: string): AsyncIterable<StoredObject> {
    const root = await this.#realRoot();
    try {
      yield* walk({ root, prefix }, root, '', [root]);
    } catch (error) {
      throw asStoreError(error, this.#folder);
    }
  }

  async probe(): Promise<void> {
    await readdir(await this.#realRoot()).catch((error: unknown) => {
      throw asStoreError(error, this.#folder);
    });
    this.#wasThere = true;
  }

  close(): void {}

  #pathOf(key: string): string {
    assertKey(key);
    return path.join(this.#folder, key);
  }

  async #realRoot(): Promise<string> {
    try {
      return await realpath(this.#folder);
    } catch (error) {
      if (isMissing(error))
        throw new ObjectStoreError('NO_SUCH_BUCKET', `There is no folder ${this.#folder}.`, { cause: error });
      throw asStoreError(error, this.#folder);
    }
  }

  async #makeDraftsFolder(): Promise<string> {
    if (this.#wasThere) await this.#realRoot();
    const drafts = await makeDraftsFolder(this.#folder);
    this.#wasThere = true;
    return drafts;
  }

  /** The regular file that a key names, behind all symbolic links; null where there is none. */
  async #find(key: string): Promise<{ file: string; stats: BigIntStats } | null> {
    const named = this.#pathOf(key);
    try {
      const file = await realpath(named).catch(ignoreMissing);
      if (file === null) return null;
      assertInside(await this.#realRoot(), file, named);
      const stats = await stat(file, { bigint: true }).catch(ignoreMissing);
      return stats?.isFile() ? { file, stats } : null;
    } catch (error) {
      throw asStoreError(error, named);
    }
  }

  async #write<T>(
    key: string,
    bytes: Uint8Array,
    name: (draft: string, target: string) => Promise<T>,
  ): Promise<T> {
    const target = this.#pathOf(key);
    try {
      const drafts = await (this.#drafts ??= this.#makeDraftsFolder());
      const parent = path.dirname(target);
      await makeFolder(await realpath(this.#folder), parent);
      const draft = path.join(drafts, randomUUID());
      try {
        await writeDurably(draft, bytes);
        const result = await name(draft, target);
        await syncFolder(parent);
        return result;
      } catch (error) {
        await rm(draft, { force: true });
        throw error;
      }
    } catch (error) {
      this.#drafts = null; // it may be gone: look again next time
      if (['ENOTDIR', 'EISDIR', 'ENOTEMPTY'].includes(codeOf(error) ?? ''))
        throw new ObjectStoreError('OTHER', `${target} cannot be a file and a folder at once.`, {
          cause: error,
        });
      throw asStoreError(error, target);
    }
  }
}

// ---- keys -----------------------------------------------------------------------------------------------------------

function assertKey(key: string): void {
  const parts = key.split('/');
  const isFaulty = (part: string) =>
    part === '' ||
    part === '.' ||
    part === '..' ||
    part.includes('\0') ||
    (path.sep === '\\' && part.includes('\\'));
  if (parts.some(isFaulty) || parts[0] === DRAFTS)
    throw new ObjectStoreError(
      'OTHER',
      `${JSON.stringify(key)} is not a key: a key is a relative path without '.', '..' and empty parts.`,
    );
}

function assertInside(root: string, file: string, named: string): void {
  if (file === root || file.startsWith(root.endsWith(path.sep) ? root : root + path.sep)) return;
  throw new ObjectStoreError(
    'ACCESS_DENIED',
    `${named} is a symbolic link that leads out of its root folder. Put the files themselves there.`,
  );
}

// ---- listing --------------------------------------------------------------------------------------------------------

interface Search {
  root: string;
  prefix: string;
}

/** Files in byte order of their keys. In memory are only the names in one folder on each level. */
async function* walk(
  search: Search,
  folder: string,
  keyPrefix: string,
  above: string[],
): AsyncIterable<StoredObject> {
  for (const { key, file } of await matchingEntries(search, folder, keyPrefix)) {
    if (!key.endsWith('/')) {
      const stats = await stat(file, { bigint: true }).catch(ignoreMissing); // it may just have been removed
      if (stats?.isFile()) yield describe(key, stats);
    } else if (above.includes(file)) {
      throw new ObjectStoreError(
        'OTHER',
        `Below ${folder} is a symbolic link to a folder that it lies in: ${key}`,
      );
    } else {
      yield* walk(search, file, key, [...above, file]);
    }
  }
}

/** Files and folders whose keys the prefix allows; a folder's key ends with '/', which is where its files sort. */
async function matchingEntries(
  search: Search,
  folder: string,
  keyPrefix: string,
): Promise<{ key: string; file: string }[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw asStoreError(error, folder);
  });
  const found: { key: string; file: string }[] = [];
  for (const entry of entries) {
    const key = keyPrefix + entry.name;
    if (key === DRAFTS || !mayMatch(key, search.prefix)) continue; // before anything about it is read
    const { file, isFolder } = await resolveEntry(search.root, folder, entry);
    const whole = isFolder ? `${key}/` : key;
    if (isFolder || whole.startsWith(search.prefix)) found.push({ key: whole, file });
  }
  return found.sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)));
}

function mayMatch(key: string, prefix: string): boolean {
  return `${key}/`.startsWith(prefix) || prefix.startsWith(`${key}/`);
}

async function resolveEntry(
  root: string,
  folder: string,
  entry: Dirent,
): Promise<{ file: string; isFolder: boolean }> {
  const named = path.join(folder, entry.name);
  if (entry.name.includes('\uFFFD') && (await stat(named).catch(ignoreMissing)) === null)
    throw new ObjectStoreError(
      'OTHER',
      `A file in ${folder} has a name that is not UTF-8: ${entry.name}. Rename it.`,
    );
  if (!entry.isSymbolicLink()) return { file: named, isFolder: entry.isDirectory() };
  const file = await realpath(named).catch(ignoreMissing);
  if (file === null)
    throw new ObjectStoreError('OTHER', `${named} is a symbolic link that leads nowhere. Remove it.`);
  assertInside(root, file, named);
  return { file, isFolder: (await stat(file)).isDirectory() };
}

function describe(key: string, { ino, size, mtimeNs }: BigIntStats): StoredObject {
  return {
    key,
    byteSize: Number(size),
    etag: [ino, size, mtimeNs].map((part) => part.toString(36)).join('-'),
  };
}

// ---- writing --------------------------------------------------------------------------------------------------------

async function makeDraftsFolder(folder: string): Promise<string> {
  const drafts = path.join(folder, DRAFTS);
  await mkdir(drafts, { recursive: true });
  for (const name of await readdir(drafts)) {
    const leftover = path.join(drafts, name);
    const stats = await stat(leftover).catch(ignoreMissing);
    if (stats && Date.now() - stats.mtimeMs > LEFTOVER_AGE_MS) await rm(leftover, { force: true });
  }
  return drafts;
}

/** Makes the folder and those above it, below `root`, durably, and without following a link out of it. */
async function makeFolder(root: string, folder: string): Promise<void> {
  const real = await realpath(folder).catch(ignoreMissing);
  if (real !== null) return assertInside(root, real, folder);
  const parent = path.dirname(folder);
  await makeFolder(root, parent);
  await mkdir(folder).catch((error: unknown) => {
    if (codeOf(error) !== 'EEXIST') throw error; // made at the same time by another
  });
  await syncFolder(parent);
}

async function writeDurably(file: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(file, 'wx', 0o644);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes the names in a folder durable; Windows has no such thing. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  await handle.sync().finally(() => handle.close());
}

// ---- errors ---------------------------------------------------------------------------------------------------------

function codeOf(error: unknown): string | null {
  const hasCode = typeof error === 'object' && error !== null && 'code' in error;
  return hasCode && typeof error.code === 'string' ? error.code : null;
}

function isMissing(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes(codeOf(error) ?? '');
}

function ignoreMissing(error: unknown): null {
  if (isMissing(error)) return null;
  throw error;
}

function asStoreError(error: unknown, file: string): ObjectStoreError {
  if (error instanceof ObjectStoreError) return error;
  const options = { cause: error };
  switch (codeOf(error)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new ObjectStoreError('NOT_FOUND', `There is no file ${file}.`, options);
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new ObjectStoreError(
        'ACCESS_DENIED',
        `${file} is closed to the user that Cytograph runs as.`,
        options,
      );
    case 'ENOSPC':
    case 'EDQUOT':
      return new ObjectStoreError('OTHER', `The disk is full: ${file} was not written.`, options);
    default:
      return new ObjectStoreError('OTHER', `${file}: ${String(error)}`, options);
  }
}
