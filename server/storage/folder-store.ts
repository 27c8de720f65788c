import { randomBytes, randomUUID } from 'node:crypto';
import {
  type BigIntStats,
  closeSync,
  constants,
  type Dirent,
  fsync,
  open as openFile,
  read as readDescriptor,
  write as writeFile,
} from 'node:fs';
import { link, lstat, mkdir, readdir, readFile, realpath, rename, rm, stat, unlink } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import {
  type Draft,
  type GetOptions,
  type ObjectStore,
  ObjectStoreError,
  type StoredObject,
} from './object-store.js';

const open = promisify(openFile);
const read = promisify(readDescriptor);
const write = promisify(writeFile);

/** Only the account that runs the server may read patients' images. */
export const PRIVATE_FOLDER = 0o700;
const PRIVATE_FILE = 0o600;
const sync = promisify(fsync);

/** The folder in which files are written before they get their final names. A crash leaves its unfinished file here. */
const DRAFTS = '.drafts';
const LEFTOVER_AGE_MS = 24 * 60 * 60 * 1000;
/** The size of the probe's file in bytes: larger than most cell images, so that it detects a full disk before they do. */
const PROBE_BYTES = 64 * 1024;

/**
 * An object store of the files below `folder`. Keys are paths relative to it. Nothing outside the folder is read or written
 * for any key, and symbolic links out of it are refused. The folder is created with the first object. A folder that
 * existed and has disappeared (a disk that is no longer mounted) is not created again, because that would hide the objects.
 */
export function openFolderStore(folder: string): ObjectStore {
  return new FolderStore(path.resolve(folder));
}

class FolderStore implements ObjectStore {
  readonly root: string;
  readonly #folder: string;
  #drafts: Promise<string> | null = null;
  /** The parent folders of files, each checked once: it exists durably, and is inside the root. */
  readonly #parents = new Map<string, Promise<void>>();
  #hasExisted = false;

  constructor(folder: string) {
    this.#folder = folder;
    this.root = `file:${folder.endsWith(path.sep) ? folder : folder + path.sep}`;
  }

  uri(key: string): string {
    assertKey(key);
    return this.root + key;
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    const target = this.#pathOf(key);
    await this.#attempt(target, async () => {
      const draft = await this.#writeDraft(target, bytes);
      await this.#moveDraft(draft, target, () => rename(draft, target));
      await syncFolder(path.dirname(target));
    });
  }

  async putOnce(key: string, bytes: Uint8Array): Promise<'created' | 'exists'> {
    const target = this.#pathOf(key);
    const exists = await this.#attempt(target, () => this.#exists(key));
    if (!exists) return this.draft(key, bytes).putOnce();
    // The process that created it may not have synced the folder yet, and 'exists' means durable.
    await this.#attempt(target, () => syncFolder(path.dirname(target)));
    return 'exists';
  }

  draft(key: string, bytes: Uint8Array): Draft {
    const target = this.#pathOf(key);
    const writing = this.#attempt(target, () => this.#writeDraft(target, bytes));
    writing.catch(() => undefined); // thrown by `putOnce`
    return {
      putOnce: () =>
        this.#attempt(target, async () => {
          const draft = await writing;
          const outcome = await this.#moveDraft(draft, target, () => linkOnce(draft, target));
          await Promise.all([unlink(draft).catch(ignoreMissing), syncFolder(path.dirname(target))]);
          return outcome;
        }),
      discard: async () => {
        const draft = await writing.catch(() => null);
        if (draft !== null) await rm(draft, { force: true }).catch(() => undefined); // deleted as a leftover after a day
      },
    };
  }

  async get(key: string, { byteSize }: GetOptions = {}): Promise<Buffer> {
    const found = await this.#find(key);
    if (!found) {
      await this.#realRoot(); // if the whole folder has disappeared, report that instead
      throw new ObjectStoreError('NOT_FOUND', `There is no file ${this.uri(key)}.`);
    }
    const bytes = await readFile(found.file).catch((error: unknown) => {
      throw asReadError(error, found.file);
    });
    if (byteSize !== undefined && bytes.length !== byteSize)
      throw new ObjectStoreError(
        'UNREADABLE',
        `${found.file} has ${bytes.length} bytes, but was listed with ${byteSize}: it is being written. Try again.`,
      );
    return bytes;
  }

  /** Optimised, because every answer to a repeated image waits for it: two asynchronous calls, where {@link get} takes five. */
  async holds(key: string, bytes: Uint8Array): Promise<boolean> {
    const target = this.#pathOf(key);
    try {
      const descriptor = await open(target, constants.O_RDONLY | constants.O_NOFOLLOW).catch(ignoreMissing);
      if (descriptor === null) return false;
      try {
        const found = Buffer.allocUnsafe(bytes.byteLength + 1);
        const { bytesRead } = await read(descriptor, found, 0, found.length, 0);
        return found.subarray(0, bytesRead).equals(bytes);
      } finally {
        closeSync(descriptor);
      }
    } catch (error) {
      if (['EISDIR', 'ELOOP', 'EIO'].includes(codeOf(error) ?? '')) return false;
      throw asStoreError(error, target);
    }
  }

  async surelyLacks(key: string): Promise<boolean> {
    return lstat(this.#pathOf(key)).then(() => false, isMissing);
  }

  async delete(key: string): Promise<void> {
    const target = this.#pathOf(key);
    await this.#attempt(target, async () => {
      const root = await this.#realRoot(); // throws if the folder has disappeared, since the object may still be on its disk
      const folder = await realpath(path.dirname(target)).catch(ignoreMissing);
      if (folder === null) return;
      assertInside(root, folder, target);
      const stats = await lstat(target).catch(ignoreMissing);
      if (stats === null || stats.isDirectory()) return;
      await unlink(target).catch(ignoreMissing);
      await syncFolder(folder);
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

  async probeReading(): Promise<void> {
    await readdir(await this.#realRoot()).catch((error: unknown) => {
      throw asStoreError(error, this.#folder);
    });
    this.#hasExisted = true;
  }

  async probe(): Promise<void> {
    const bytes = randomBytes(PROBE_BYTES);
    await this.#attempt(this.#folder, async () => {
      await this.#realRoot(); // throws if the folder has disappeared, so that it is not created again
      const file = path.join(await (this.#drafts ??= this.#makeDraftsFolder()), randomUUID());
      try {
        await writeDurably(file, bytes);
        if (!(await readFile(file)).equals(bytes))
          throw new ObjectStoreError(
            'OTHER',
            `The disk of ${this.#folder} returns different bytes than were written. Check the disk.`,
          );
      } finally {
        await rm(file, { force: true });
      }
    });
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
    if (this.#hasExisted) await this.#realRoot();
    const drafts = await makeDraftsFolder(this.#folder);
    this.#hasExisted = true;
    return drafts;
  }

  /** The regular file of a key, with all symbolic links resolved; null if there is none. */
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

  /** Whether the object exists. Usually one call; only a key that is not a plain file takes more. */
  async #exists(key: string): Promise<boolean> {
    const target = this.#pathOf(key);
    const stats = await lstat(target).catch(ignoreMissing);
    if (!stats?.isFile()) return stats !== null && (await this.stat(key)) !== null;
    await this.#parentOf(target);
    return true;
  }

  /** Writes the bytes durably to a draft on the same disk, so that it can be renamed or linked to `target` without copying. */
  async #writeDraft(target: string, bytes: Uint8Array): Promise<string> {
    const drafts = await (this.#drafts ??= this.#makeDraftsFolder());
    await this.#parentOf(target);
    const draft = path.join(drafts, randomUUID());
    try {
      await writeDurably(draft, bytes);
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
    return draft;
  }

  /** Calls `move` to give the draft its final name. If the parent folder was removed since it was checked, it is created again first. */
  async #moveDraft<T>(draft: string, target: string, move: () => Promise<T>): Promise<T> {
    try {
      return await move().catch(async (error: unknown) => {
        if (codeOf(error) !== 'ENOENT') throw error;
        this.#parents.delete(path.dirname(target));
        await this.#parentOf(target);
        return move();
      });
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
  }

  #parentOf(target: string): Promise<void> {
    const parent = path.dirname(target);
    let checked = this.#parents.get(parent);
    if (!checked) {
      checked = realpath(this.#folder).then((root) => makeFolder(root, parent));
      this.#parents.set(parent, checked);
    }
    return checked;
  }

  async #attempt<T>(target: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      // Folders that were checked may have been removed, so check them again next time.
      this.#drafts = null;
      this.#parents.clear();
      if (['ENOTDIR', 'EISDIR', 'ENOTEMPTY'].includes(codeOf(error) ?? ''))
        throw new ObjectStoreError(
          'OTHER',
          `${target} cannot be both a file and a folder. Rename one of them.`,
          {
            cause: error,
          },
        );
      if (codeOf(error) !== 'ENOENT') throw asStoreError(error, target);
      await this.#realRoot(); // if the whole folder has disappeared (a disk that is no longer mounted), report that instead
      throw new ObjectStoreError(
        'UNREACHABLE',
        `${target} was not written, because a folder in its path was removed at the same time. Try again.`,
        { cause: error },
      );
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
      `${JSON.stringify(key)} is not a key. A key is a relative path without '.', '..' and empty parts.`,
    );
}

function assertInside(root: string, file: string, named: string): void {
  if (!isInside(root, file)) throw new ObjectStoreError('ACCESS_DENIED', `${named} ${LINK_OUTSIDE}`);
}

const LINK_OUTSIDE =
  'is a symbolic link to a place outside the root folder. Put the files themselves in the folder.';

function isInside(root: string, file: string): boolean {
  return file === root || file.startsWith(root.endsWith(path.sep) ? root : root + path.sep);
}

// ---- listing --------------------------------------------------------------------------------------------------------

interface Search {
  root: string;
  prefix: string;
}

/** Yields files in byte order of their keys. Only the names in one folder per level are in memory. */
async function* walk(
  search: Search,
  folder: string,
  keyPrefix: string,
  ancestors: string[],
): AsyncIterable<StoredObject> {
  for (const { key, file, unreadable } of await matchingEntries(search, folder, keyPrefix)) {
    if (unreadable !== null) {
      yield onlyListed(key, unreadable);
    } else if (!key.endsWith('/')) {
      const stats = await stat(file, { bigint: true }).catch(ignoreMissing); // it may just have been removed
      if (stats?.isFile()) yield describe(key, stats);
      else if (stats) yield onlyListed(key, `${file} is neither a file nor a folder. Remove it.`);
    } else if (ancestors.includes(file)) {
      const link = key.slice(0, -1);
      yield onlyListed(link, `${link} is a symbolic link to a folder that contains it. Remove it.`);
    } else {
      yield* walk(search, file, key, [...ancestors, file]);
    }
  }
}

/** The entries of a folder that may match the prefix, sorted. A folder's key ends with '/', so that it sorts where its files do. */
async function matchingEntries(
  search: Search,
  folder: string,
  keyPrefix: string,
): Promise<({ key: string } & ResolvedEntry)[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw asStoreError(error, folder);
  });
  const found: ({ key: string } & ResolvedEntry)[] = [];
  for (const entry of entries) {
    const key = keyPrefix + entry.name;
    if (key === DRAFTS || !mayMatch(key, search.prefix)) continue; // before its metadata is read
    const resolved = await resolveEntry(search.root, folder, entry);
    const { isFolder } = resolved;
    const fullKey = isFolder ? `${key}/` : key;
    if (isFolder || fullKey.startsWith(search.prefix)) found.push({ key: fullKey, ...resolved });
  }
  return found.sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)));
}

function mayMatch(key: string, prefix: string): boolean {
  return `${key}/`.startsWith(prefix) || prefix.startsWith(`${key}/`);
}

interface ResolvedEntry {
  /** The path with all symbolic links resolved. */
  file: string;
  isFolder: boolean;
  /** Why it cannot be read, as a sentence; null if it can. */
  unreadable: string | null;
}

async function resolveEntry(root: string, folder: string, entry: Dirent): Promise<ResolvedEntry> {
  const named = path.join(folder, entry.name);
  const broken = (unreadable: string) => ({ file: named, isFolder: false, unreadable });
  if (entry.name.includes('\uFFFD') && (await lstat(named).catch(ignoreMissing)) === null)
    return broken(`${named} has a name that is not UTF-8. Rename it.`);
  if (!entry.isSymbolicLink()) return { file: named, isFolder: entry.isDirectory(), unreadable: null };
  const file = await realpath(named).catch(ignoreBrokenLink);
  if (file === null) return broken(`${named} is a broken symbolic link. Remove it.`);
  if (!isInside(root, file)) return broken(`${named} ${LINK_OUTSIDE}`);
  return { file, isFolder: (await stat(file)).isDirectory(), unreadable: null };
}

/** An entry that exists but cannot be read. */
function onlyListed(key: string, unreadable: string): StoredObject {
  return { key, byteSize: 0, etag: '', unreadable };
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
  await mkdir(drafts, { recursive: true, mode: PRIVATE_FOLDER });
  for (const name of await readdir(drafts)) {
    const leftover = path.join(drafts, name);
    const stats = await stat(leftover).catch(ignoreMissing);
    if (stats && Date.now() - stats.mtimeMs > LEFTOVER_AGE_MS) await rm(leftover, { force: true });
  }
  return drafts;
}

/** Creates the folder and its missing ancestors below `root` durably, without following a link out of the root. */
async function makeFolder(root: string, folder: string): Promise<void> {
  const real = await realpath(folder).catch(ignoreMissing);
  if (real !== null) return assertInside(root, real, folder);
  const parent = path.dirname(folder);
  await makeFolder(root, parent);
  await mkdir(folder, { mode: PRIVATE_FOLDER }).catch((error: unknown) => {
    if (codeOf(error) !== 'EEXIST') throw error; // created at the same time by another call
  });
  await syncFolder(parent);
}

// Each asynchronous call goes through the thread pool, where it waits behind images that the same few threads decode. So
// descriptors are closed synchronously: closing a synced file does not block.

async function writeDurably(file: string, bytes: Uint8Array): Promise<void> {
  const descriptor = await open(file, 'wx', PRIVATE_FILE);
  try {
    for (let written = 0; written < bytes.byteLength;) {
      const { bytesWritten } = await write(descriptor, bytes, written);
      written += bytesWritten;
    }
    await sync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Gives the draft its final name, unless the name is taken. */
async function linkOnce(draft: string, target: string): Promise<'created' | 'exists'> {
  try {
    await link(draft, target);
    return 'created';
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return 'exists';
    throw error;
  }
}

/** Makes the entries of a folder durable. Not supported on Windows. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const descriptor = await open(folder, 'r');
  try {
    await sync(descriptor);
  } finally {
    closeSync(descriptor);
  }
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

/** ELOOP is a link that leads to itself. */
function ignoreBrokenLink(error: unknown): null {
  if (isMissing(error) || codeOf(error) === 'ELOOP') return null;
  throw error;
}

/** The error of reading one file. Missing permission or a damaged sector does not concern other files, so these are UNREADABLE. */
function asReadError(error: unknown, file: string): ObjectStoreError {
  const { reason, message } = asStoreError(error, file);
  const isOne = reason === 'ACCESS_DENIED' || codeOf(error) === 'EIO';
  return new ObjectStoreError(isOne ? 'UNREADABLE' : reason, message, { cause: error });
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
      return new ObjectStoreError(
        'ACCESS_DENIED',
        `The user that Cytograph runs as has no permission for ${file}. Change its owner or permissions.`,
        options,
      );
    case 'EROFS':
      return new ObjectStoreError(
        'READ_ONLY',
        `The disk of ${file} is read-only. Mount it writable. If it became read-only after a disk error, check the disk first.`,
        options,
      );
    case 'ENOSPC':
      return new ObjectStoreError(
        'FULL',
        `The disk is full: ${file} was not written. Free some space, or move the folder to a larger disk.`,
        options,
      );
    case 'EDQUOT':
      return new ObjectStoreError(
        'FULL',
        `The disk quota is used up: ${file} was not written. Free some space, or raise the quota.`,
        options,
      );
    case 'EIO':
    case 'ESTALE':
    case 'ETIMEDOUT':
    case 'EHOSTDOWN':
    case 'ENOTCONN':
      return new ObjectStoreError(
        'UNREACHABLE',
        `The disk failed to access ${file} (${codeOf(error)}). Check the disk or the network drive.`,
        options,
      );
    default:
      return new ObjectStoreError('OTHER', `${file}: ${String(error)}`, options);
  }
}
