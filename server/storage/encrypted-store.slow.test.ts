import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { checkEncryptionKeys, encryptObjects, MissingKeyError, rotateObjects } from './encrypted-store.js';
import { KeyRing } from './encryption.js';
import { openFolderStore } from './folder-store.js';
import { describeObjectStore, failureOf } from './object-store.contract.js';
import type { ObjectStore } from './object-store.js';

const [first, second] = [randomBytes(32), randomBytes(32)];
const ring = new KeyRing([first]);
const newer = new KeyRing([second, first]);

const folders: string[] = [];

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'cytograph-encrypted-'));
  folders.push(folder);
  return folder;
}

afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))));

describeObjectStore('An encrypted folder', async () => {
  const folder = await makeFolder();
  return { store: encryptObjects(openFolderStore(folder), ring), remove: async () => {} };
});

describeObjectStore('An encrypted folder, above plain objects of an earlier release', async () => {
  const plain = openFolderStore(await makeFolder());
  const encrypted = encryptObjects(plain, ring);
  // What is stored with put was there before, so reading, listing, replacing and deleting see plain objects.
  const store = new Proxy(encrypted, {
    get: (target, name) => {
      const owner = name === 'put' ? plain : target;
      const value: unknown = Reflect.get(owner, name, owner);
      return typeof value === 'function' ? value.bind(owner) : value;
    },
  });
  return { store, remove: async () => {} };
});

describe('encryption', () => {
  let folder: string;
  let plain: ObjectStore;
  let store: ObjectStore;

  beforeEach(async () => {
    folder = await makeFolder();
    plain = openFolderStore(folder);
    store = encryptObjects(plain, ring);
  });

  const secret = Buffer.from('a patient was here');
  /** The files that contain the secret. */
  async function leaks(): Promise<string[]> {
    const names = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = names
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name));
    const found = await Promise.all(
      files.map(async (file) => ((await readFile(file)).includes(secret) ? file : '')),
    );
    return found.filter(Boolean);
  }
  const fileOf = (key: string) => path.join(folder, 'encrypted/objects', key);
  const rotate = (keys: KeyRing, rewritten: (key: string) => Promise<void> = async () => {}) =>
    rotateObjects(plain, keys, { rewritten, onProgress: () => {}, signal: new AbortController().signal });

  it('leaves nothing readable on the disk, however an object is stored', async () => {
    await store.put('images/a', secret);
    await store.putOnce('images/b', secret);
    await store.draft('images/c', secret).putOnce();
    const draft = store.draft('images/d', secret);
    expect(await leaks()).toEqual([]);
    await draft.discard();
    for (const key of ['images/a', 'images/b', 'images/c']) expect(await store.get(key)).toEqual(secret);
  });

  it.each([
    ['the first byte', 0],
    ['the salt', 20],
    ['the content', 40],
    ['the last byte', -1],
  ])('detects a change of %s', async (_, position) => {
    await store.put('images/a', secret);
    const bytes = await readFile(fileOf('images/a'));
    const at = position < 0 ? bytes.length + position : position;
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    await writeFile(fileOf('images/a'), bytes);
    expect(await failureOf(store.get('images/a'))).toMatchObject({ reason: 'DAMAGED' });
    expect(await store.holds('images/a', secret)).toBe(false);
    await store.put('images/a', secret); // as when the image is sent again
    expect(await store.get('images/a')).toEqual(secret);
  });

  it('detects an object that was truncated or exchanged with another', async () => {
    await store.put('a', secret);
    await store.put('b', secret);
    await writeFile(fileOf('a'), await readFile(fileOf('b')));
    expect((await failureOf(store.get('a'))).message).toContain('was changed after it was encrypted');
    await writeFile(fileOf('b'), (await readFile(fileOf('b'))).subarray(0, 30));
    expect(await failureOf(store.get('b'))).toMatchObject({ reason: 'DAMAGED' });
  });

  it('encrypts equal bytes differently each time', async () => {
    await store.put('a', secret);
    const once = await readFile(fileOf('a'));
    await store.put('a', secret);
    expect((await readFile(fileOf('a'))).subarray(16).equals(once.subarray(16))).toBe(false);
  });

  it('names the missing key when the store is opened, and when an object is read', async () => {
    await expect(checkEncryptionKeys(plain, null)).resolves.toBeUndefined();
    await store.put('a', secret);
    await expect(checkEncryptionKeys(plain, ring)).resolves.toBeUndefined();
    await expect(checkEncryptionKeys(plain, newer)).resolves.toBeUndefined();
    const wrong = new KeyRing([second]);
    for (const keys of [null, wrong]) {
      const attempt = checkEncryptionKeys(plain, keys);
      await expect(attempt).rejects.toThrow(MissingKeyError);
      await expect(attempt).rejects.toThrow(ring.currentId);
    }
    const failure = await failureOf(encryptObjects(plain, wrong).get('a'));
    expect(failure.reason).toBe('UNREADABLE');
    expect(failure.message).toContain(`the key ${ring.currentId}, which is not in ENCRYPTION_KEYS`);
  });

  it('reads plain objects, and replaces them by encrypted ones', async () => {
    await plain.put('images/a', secret);
    expect(await store.get('images/a')).toEqual(secret);
    expect(await store.putOnce('images/a', Buffer.from('other'))).toBe('exists');
    await store.put('images/a', secret);
    expect(await leaks()).toEqual([]);
    expect(await plain.stat('images/a')).toBeNull();
  });

  it('rotates plain objects and those of older keys, after which the older keys are not needed', async () => {
    await plain.put('images/plain', secret);
    await store.put('images/old', secret);
    await encryptObjects(plain, newer).put('images/new', secret);
    const rewritten: string[] = [];
    expect(await rotate(newer, async (key) => void rewritten.push(key))).toEqual({
      encrypted: 2,
      alreadyCurrent: 1,
      failures: [],
    });
    expect(rewritten).toEqual(['images/old', 'images/plain']);
    expect(await leaks()).toEqual([]);
    const onlyNew = new KeyRing([second]);
    await expect(checkEncryptionKeys(plain, onlyNew)).resolves.toBeUndefined();
    for (const key of ['images/plain', 'images/old', 'images/new'])
      expect(await encryptObjects(plain, onlyNew).get(key)).toEqual(secret);
    expect(await rotate(newer)).toEqual({ encrypted: 0, alreadyCurrent: 3, failures: [] });
  });

  it('continues a rotation that was interrupted at any object', async () => {
    for (const key of ['a', 'b', 'c']) await plain.put(key, secret);
    await expect(
      rotate(ring, async (key) => {
        if (key === 'b') throw new Error('killed');
      }),
    ).rejects.toThrow('killed');
    await plain.put('a', secret); // as if it had been killed between storing the encrypted object and deleting the plain one
    expect(await rotate(ring)).toMatchObject({ encrypted: 2, failures: [] });
    expect(await leaks()).toEqual([]);
    expect(await keysOf(store)).toEqual(['a', 'b', 'c']);
  });

  it('keeps the older key where an object cannot be read', async () => {
    await store.put('a', secret);
    await store.put('b', secret);
    await writeFile(fileOf('a'), randomBytes(100));
    const { encrypted, failures } = await rotate(newer);
    expect(encrypted).toBe(1);
    expect(failures).toEqual([expect.stringContaining('cannot be decrypted')]);
    await expect(checkEncryptionKeys(plain, new KeyRing([second]))).rejects.toThrow(ring.currentId);
  });

  it('does not show where encrypted objects are, and refuses such a key', async () => {
    await store.put('a', secret);
    expect(await keysOf(store)).toEqual(['a']);
    expect(await failureOf(store.put('encrypted/objects/a', secret))).toMatchObject({ reason: 'OTHER' });
  });
});

async function keysOf(store: ObjectStore): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list('')) keys.push(key);
  return keys;
}
