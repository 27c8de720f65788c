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
const sync = promisify(fsync);

/** Where files are written before they get their names; a crash leaves its unfinished file here. */
const DRAFTS = '.drafts';
const LEFTOVER_AGE_MS = 24 * 60 * 60 * 1000;
/** What the probe writes: larger than most images of a cell, so that it finds a disk full before they do. */
const PROBE_BYTES = 64 * 1024;

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
  /** The folders that files are put into, each looked at once: they are there, durably, and lie in the root. */
  readonly #parents = new Map<string, Promise<void>>();
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
    const target = this.#pathOf(key);
    await this.#attempt(target, async () => {
      const draft = await this.#writeDraft(target, bytes);
      await this.#name(draft, target, () => rename(draft, target));
      await syncFolder(path.dirname(target));
    });
  }

  async putOnce(key: string, bytes: Uint8Array): Promise<'created' | 'exists'> {
    const target = this.#pathOf(key);
    const exists = await this.#attempt(target, () => this.#exists(key));
    if (!exists) return this.draft(key, bytes).putOnce();
    // Whoever created it may not have come to that yet, and what 'exists' is durable, too.
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
          const outcome = await this.#name(draft, target, () => linkOnce(draft, target));
          await Promise.all([unlink(draft).catch(ignoreMissing), syncFolder(path.dirname(target))]);
          return outcome;
        }),
      discard: async () => {
        const draft = await writing.catch(() => null);
        if (draft !== null) await rm(draft, { force: true }).catch(() => undefined); // cleared away in a day, then
      },
    };
  }

  async get(key: string, { byteSize }: GetOptions = {}): Promise<Buffer> {
    const found = await this.#find(key);
    if (!found) {
      await this.#realRoot(); // where all is gone, it does not say that this one is
      throw new ObjectStoreError('NOT_FOUND', `There is no file ${this.uri(key)}.`);
    }
    const bytes = await readFile(found.file).catch((error: unknown) => {
      throw asReadError(error, found.file);
    });
    if (byteSize !== undefined && bytes.length !== byteSize)
      throw new ObjectStoreError(
        'UNREADABLE',
        `${found.file} has ${bytes.length} bytes and was listed with ${byteSize}: it is being written. Try again.`,
      );
    return bytes;
  }

  /** Each answer to a repeated image waits for this, so it takes two calls: {@link get} takes five. */
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
    this.#wasThere = true;
  }

  async probe(): Promise<void> {
    const bytes = randomBytes(PROBE_BYTES);
    await this.#attempt(this.#folder, async () => {
      await this.#realRoot(); // one that is gone is not made again
      const file = path.join(await (this.#drafts ??= this.#makeDraftsFolder()), randomUUID());
      try {
        await writeDurably(file, bytes);
        if (!(await readFile(file)).equals(bytes))
          throw new ObjectStoreError(
            'OTHER',
            `The disk of ${this.#folder} gives back other bytes than were written.`,
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

  /** One look says so for most: only what is no plain file takes more to find out whether it is an object. */
  async #exists(key: string): Promise<boolean> {
    const target = this.#pathOf(key);
    const stats = await lstat(target).catch(ignoreMissing);
    if (!stats?.isFile()) return stats !== null && (await this.stat(key)) !== null;
    await this.#parentOf(target);
    return true;
  }

  /** Writes the bytes, durably, where the file at `target` can be made of them without copying. */
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

  /** Lets `name` give the draft its name; where the folder was removed since it was looked at, it is made again first. */
  async #name<T>(draft: string, target: string, name: () => Promise<T>): Promise<T> {
    try {
      return await name().catch(async (error: unknown) => {
        if (codeOf(error) !== 'ENOENT') throw error;
        this.#parents.delete(path.dirname(target));
        await this.#parentOf(target);
        return name();
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
      // What was looked at once may be gone: look again next time.
      this.#drafts = null;
      this.#parents.clear();
      if (['ENOTDIR', 'EISDIR', 'ENOTEMPTY'].includes(codeOf(error) ?? ''))
        throw new ObjectStoreError('OTHER', `${target} cannot be a file and a folder at once.`, {
          cause: error,
        });
      if (codeOf(error) !== 'ENOENT') throw asStoreError(error, target);
      await this.#realRoot(); // if that is gone, as a disk is that is no longer mounted, it is named
      throw new ObjectStoreError(
        'UNREACHABLE',
        `${target} was not written, since a folder that it goes through was removed meanwhile. Try again.`,
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
      `${JSON.stringify(key)} is not a key: a key is a relative path without '.', '..' and empty parts.`,
    );
}

function assertInside(root: string, file: string, named: string): void {
  if (!isInside(root, file)) throw new ObjectStoreError('ACCESS_DENIED', `${named} ${LEADS_OUT}`);
}

const LEADS_OUT = 'is a symbolic link that leads out of its root folder. Put the files themselves there.';

function isInside(root: string, file: string): boolean {
  return file === root || file.startsWith(root.endsWith(path.sep) ? root : root + path.sep);
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
  for (const { key, file, unreadable } of await matchingEntries(search, folder, keyPrefix)) {
    if (unreadable !== null) {
      yield onlyListed(key, unreadable);
    } else if (!key.endsWith('/')) {
      const stats = await stat(file, { bigint: true }).catch(ignoreMissing); // it may just have been removed
      if (stats?.isFile()) yield describe(key, stats);
      else if (stats) yield onlyListed(key, `${file} is neither a file nor a folder. Remove it.`);
    } else if (above.includes(file)) {
      const link = key.slice(0, -1);
      yield onlyListed(link, `${link} is a symbolic link to a folder that it lies in. Remove it.`);
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
): Promise<({ key: string } & ResolvedEntry)[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw asStoreError(error, folder);
  });
  const found: ({ key: string } & ResolvedEntry)[] = [];
  for (const entry of entries) {
    const key = keyPrefix + entry.name;
    if (key === DRAFTS || !mayMatch(key, search.prefix)) continue; // before anything about it is read
    const resolved = await resolveEntry(search.root, folder, entry);
    const { isFolder } = resolved;
    const whole = isFolder ? `${key}/` : key;
    if (isFolder || whole.startsWith(search.prefix)) found.push({ key: whole, ...resolved });
  }
  return found.sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)));
}

function mayMatch(key: string, prefix: string): boolean {
  return `${key}/`.startsWith(prefix) || prefix.startsWith(`${key}/`);
}

interface ResolvedEntry {
  /** Where it is, behind all symbolic links. */
  file: string;
  isFolder: boolean;
  /** Why it cannot be followed, in a sentence; null where it can. */
  unreadable: string | null;
}

async function resolveEntry(root: string, folder: string, entry: Dirent): Promise<ResolvedEntry> {
  const named = path.join(folder, entry.name);
  const broken = (unreadable: string) => ({ file: named, isFolder: false, unreadable });
  if (entry.name.includes('\uFFFD') && (await lstat(named).catch(ignoreMissing)) === null)
    return broken(`${named} has a name that is not UTF-8. Rename it.`);
  if (!entry.isSymbolicLink()) return { file: named, isFolder: entry.isDirectory(), unreadable: null };
  const file = await realpath(named).catch(ignoreBrokenLink);
  if (file === null) return broken(`${named} is a symbolic link that leads nowhere. Remove it.`);
  if (!isInside(root, file)) return broken(`${named} ${LEADS_OUT}`);
  return { file, isFolder: (await stat(file)).isDirectory(), unreadable: null };
}

/** An entry that is there and cannot be read. */
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

// Each asynchronous call is a way to another thread and back, and waits behind the images that those same few threads decode.
// So descriptors are closed synchronously: of a file that is synced, closing has nothing left to wait for.

async function writeDurably(file: string, bytes: Uint8Array): Promise<void> {
  const descriptor = await open(file, 'wx', 0o644);
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

/** Gives the draft its name, unless that is taken. */
async function linkOnce(draft: string, target: string): Promise<'created' | 'exists'> {
  try {
    await link(draft, target);
    return 'created';
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return 'exists';
    throw error;
  }
}

/** Makes the names in a folder durable; Windows has no such thing. */
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

/** A link may also lead to itself. */
function ignoreBrokenLink(error: unknown): null {
  if (isMissing(error) || codeOf(error) === 'ELOOP') return null;
  throw error;
}

/** Of one file: that it is closed or lies on a damaged part of the disk says nothing about the others. */
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
        `${file} is closed to the user that Cytograph runs as.`,
        options,
      );
    case 'EROFS':
      return new ObjectStoreError(
        'READ_ONLY',
        `The disk of ${file} is read-only: nothing can be written there. Mount it writable; after a fault check it first.`,
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
        `The disk does not let ${file} be used (${codeOf(error)}). Check the disk or the network drive.`,
        options,
      );
    default:
      return new ObjectStoreError('OTHER', `${file}: ${String(error)}`, options);
  }
}
