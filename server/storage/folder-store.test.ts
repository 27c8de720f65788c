import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { openFolderStore } from './folder-store.js';
import { describeObjectStore, failureOf } from './object-store.contract.js';
import type { ObjectStore, StoredObject } from './object-store.js';

describeObjectStore('a folder', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'cytograph-folder-'));
  return {
    store: openFolderStore(path.join(folder, 'objects')),
    remove: () => rm(folder, { recursive: true }),
  };
});

describe('a folder store', () => {
  let folder: string;
  let store: ObjectStore;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'cytograph-folder-'));
    await mkdir(path.join(folder, 'root'));
    await writeFile(path.join(folder, 'secret'), 'secret');
    store = openFolderStore(path.join(folder, 'root'));
  });

  afterEach(() => rm(folder, { recursive: true }));

  const inRoot = (...parts: string[]) => path.join(folder, 'root', ...parts);
  const listed = async () => {
    const objects: StoredObject[] = [];
    for await (const object of store.list('')) objects.push(object);
    return objects;
  };
  const list = async () => (await listed()).map(({ key }) => key);

  it('writes files and folders that only its account can read', async () => {
    await store.put('images/ab/one', Buffer.from('one'));
    await store.putOnce('images/ab/two', Buffer.from('two'));
    const draft = store.draft('images/cd/three', Buffer.from('three'));
    await draft.putOnce();
    for (const entry of await readdir(inRoot(), { recursive: true, withFileTypes: true })) {
      const { mode } = await stat(path.join(entry.parentPath, entry.name));
      expect([entry.name, mode & 0o777]).toEqual([entry.name, entry.isDirectory() ? 0o700 : 0o600]);
    }
  });

  it('knows that it lacks an object', async () => {
    await store.put('images/ab/one', Buffer.from('one'));
    for (const key of ['images/ab/two', 'images/cd/one', 'images/ab/one/below'])
      expect([key, await store.surelyLacks(key)]).toEqual([key, true]);
    await symlink(inRoot('nowhere'), inRoot('images', 'ab', 'link'));
    expect(await store.surelyLacks('images/ab/link')).toBe(false);
  });

  it.each(['../secret', 'a/../../secret', '/etc/passwd', '', 'a//b', './a', 'a/', 'a\0b', '.drafts/x'])(
    'refuses %j as a key',
    async (key) => {
      for (const call of [
        store.get(key),
        store.stat(key),
        store.put(key, Buffer.from('x')),
        store.putOnce(key, Buffer.from('x')),
      ])
        expect(await failureOf(call)).toMatchObject({
          reason: 'OTHER',
          message: expect.stringContaining('is not a key'),
        });
      expect(() => store.uri(key)).toThrow('is not a key');
    },
  );

  it('does not read, write or list through a symbolic link out of the root', async () => {
    await symlink(path.join(folder, 'secret'), inRoot('file'));
    await symlink(folder, inRoot('folder'));
    for (const call of [
      store.get('file'),
      store.stat('file'),
      store.get('folder/secret'),
      store.put('folder/new', Buffer.from('x')),
      store.put('folder/new/er', Buffer.from('x')),
      store.putOnce('folder/new', Buffer.from('x')),
      store.putOnce('folder/secret', Buffer.from('x')),
      store.putOnce('file', Buffer.from('x')),
    ])
      expect(await failureOf(call)).toMatchObject({
        reason: 'ACCESS_DENIED',
        message: expect.stringContaining('outside the root folder'),
      });
    expect((await readdir(folder)).sort()).toEqual(['root', 'secret']);
    expect(await listed()).toEqual([
      { key: 'file', byteSize: 0, etag: '', unreadable: expect.stringContaining('outside the root folder') },
      {
        key: 'folder',
        byteSize: 0,
        etag: '',
        unreadable: expect.stringContaining('outside the root folder'),
      },
    ]);
  });

  it('replaces a symbolic link instead of writing to its target', async () => {
    await symlink(path.join(folder, 'secret'), inRoot('file'));
    await store.put('file', Buffer.from('new'));
    expect(await readFile(path.join(folder, 'secret'), 'utf8')).toBe('secret');
    expect((await store.get('file')).toString()).toBe('new');
  });

  it('follows symbolic links inside the root, and stops at cycles', async () => {
    await mkdir(inRoot('real'));
    await writeFile(inRoot('real', 'a'), 'a');
    await symlink(inRoot('real'), inRoot('linked'));
    expect(await list()).toEqual(['linked/a', 'real/a']);
    expect((await store.get('linked/a')).toString()).toBe('a');
    await symlink(inRoot(), inRoot('real', 'loop'));
    await symlink(inRoot('circle'), inRoot('circle'));
    expect(await listed()).toEqual([
      { key: 'circle', byteSize: 0, etag: '', unreadable: expect.stringContaining('broken symbolic link') },
      expect.objectContaining({ key: 'linked/a' }),
      {
        key: 'linked/loop',
        byteSize: 0,
        etag: '',
        unreadable: expect.stringContaining('a folder that contains it'),
      },
      expect.objectContaining({ key: 'real/a' }),
      {
        key: 'real/loop',
        byteSize: 0,
        etag: '',
        unreadable: expect.stringContaining('a folder that contains it'),
      },
    ]);
  });

  it('lists a broken link as unreadable', async () => {
    await symlink(inRoot('gone'), inRoot('dangling'));
    expect(await store.stat('dangling')).toBeNull();
    expect(await listed()).toMatchObject([
      { key: 'dangling', unreadable: expect.stringContaining('broken symbolic link') },
    ]);
  });

  it('lists a pipe and a name that is not UTF-8 as unreadable', async () => {
    await writeFile(inRoot('a'), 'a');
    await promisify(execFile)('mkfifo', [inRoot('pipe')]);
    await writeFile(Buffer.concat([Buffer.from(`${inRoot()}/`), Buffer.from([0x66, 0xe4])]), 'x');
    expect(await listed()).toMatchObject([
      { key: 'a', byteSize: 1 },
      { key: 'f\uFFFD', unreadable: expect.stringContaining('not UTF-8') },
      { key: 'pipe', unreadable: expect.stringContaining('neither a file nor a folder') },
    ]);
  });

  it('does not treat a folder as an object', async () => {
    await store.put('a/b', Buffer.from('x'));
    expect(await store.stat('a')).toBeNull();
    expect(await failureOf(store.get('a'))).toMatchObject({ reason: 'NOT_FOUND' });
    expect(await failureOf(store.put('a', Buffer.from('x')))).toMatchObject({ reason: 'OTHER' });
    expect(await failureOf(store.put('a/b/c', Buffer.from('x')))).toMatchObject({ reason: 'OTHER' });
  });

  it('leaves and lists no drafts, and deletes old drafts after a crash', async () => {
    await mkdir(inRoot('.drafts'));
    await writeFile(inRoot('.drafts', 'old'), 'x');
    await utimes(inRoot('.drafts', 'old'), 0, 0);
    await writeFile(inRoot('.drafts', 'of-another-process'), 'x');
    await Promise.all(['a', 'a', 'a', 'b'].map((key) => store.putOnce(key, Buffer.from('x'))));
    await store.draft('c', Buffer.from('x')).discard();
    const belowFile = store.draft('a/b', Buffer.from('x'));
    expect(await failureOf(belowFile.putOnce())).toMatchObject({ reason: 'OTHER' });
    expect(await readdir(inRoot('.drafts'))).toEqual(['of-another-process']);
    expect(await list()).toEqual(['a', 'b']);
  });

  it.each<[string, () => Promise<unknown>]>([
    ['was looked at', () => store.probe()],
    ['was written to', () => store.put('b', Buffer.from('x'))],
  ])('does not create a folder again that %s and has disappeared', async (_, look) => {
    await look();
    await rm(inRoot(), { recursive: true });
    for (const call of [
      () => store.put('a', Buffer.from('x')),
      () => store.put('b', Buffer.from('x')),
      () => store.putOnce('a', Buffer.from('x')),
      () => store.draft('a', Buffer.from('x')).putOnce(),
      () => store.get('b'),
      () => store.probe(),
    ])
      expect(await failureOf(call())).toMatchObject({ reason: 'NO_SUCH_BUCKET' });
    expect(await readdir(folder)).toEqual(['secret']);

    await mkdir(inRoot());
    expect(await store.putOnce('a', Buffer.from('x'))).toBe('created');
  });

  it('reports a missing folder, and creates it with the first object', async () => {
    const missing = openFolderStore(inRoot('not', 'there'));
    for (const look of [() => missing.probe(), () => missing.probeReading()])
      expect(await failureOf(look())).toMatchObject({ reason: 'NO_SUCH_BUCKET' });
    expect(await missing.stat('a')).toBeNull();
    await missing.put('a', Buffer.from('x'));
    await expect(missing.probe()).resolves.toBeUndefined();
  });

  it('uses its folder again after it was removed and created again', async () => {
    await store.put('a', Buffer.from('x'));
    await rm(inRoot(), { recursive: true });
    await mkdir(inRoot());
    await failureOf(store.put('a', Buffer.from('x'))).catch(() => {});
    await store.put('a', Buffer.from('y'));
    expect((await store.get('a')).toString()).toBe('y');
  });

  it('continues to work if only its folder for drafts was removed', async () => {
    await store.put('a', Buffer.from('x'));
    await rm(inRoot('.drafts'), { recursive: true });
    expect(await failureOf(store.put('a', Buffer.from('y')))).toMatchObject({ reason: 'UNREACHABLE' });
    await store.put('a', Buffer.from('y'));
    expect((await store.get('a')).toString()).toBe('y');
  });

  it('creates a removed subfolder again', async () => {
    await store.putOnce('b/c', Buffer.from('x'));
    await rm(inRoot('b'), { recursive: true });
    expect(await store.putOnce('b/c', Buffer.from('y'))).toBe('created');
    await rm(inRoot('b'), { recursive: true });
    await store.put('b/c', Buffer.from('z'));
    expect((await store.get('b/c')).toString()).toBe('z');
  });
});
