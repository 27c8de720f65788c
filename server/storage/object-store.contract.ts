import { randomBytes } from 'node:crypto';
import { type ObjectStore, ObjectStoreError, type StoredObject } from './object-store.js';

/** An empty store, and a function that removes it after the test. */
export interface TestStore {
  store: ObjectStore;
  remove(): Promise<void>;
}

/** The tests that every kind of store must pass. `open` creates an empty store for each test. */
export function describeObjectStore(name: string, open: () => Promise<TestStore>): void {
  describe(`${name} as an object store`, () => {
    let store: ObjectStore;
    let test: TestStore;

    beforeEach(async () => {
      test = await open();
      store = test.store;
    });
    afterEach(() => test.remove());

    const keysOf = async (prefix: string) => (await collect(store.list(prefix))).map(({ key }) => key);

    it('returns the bytes that were put', async () => {
      const bytes = randomBytes(300_000);
      await store.put('images/ab/abcd', bytes, 'image/png');
      expect((await store.get('images/ab/abcd')).equals(bytes)).toBe(true);
    });

    it('stores an empty object', async () => {
      await store.put('empty', new Uint8Array());
      expect(await store.get('empty')).toHaveLength(0);
      expect(await store.stat('empty')).toMatchObject({ key: 'empty', byteSize: 0 });
      expect(await keysOf('')).toEqual(['empty']);
    });

    it('stores a large object', async () => {
      const bytes = randomBytes(24 * 1024 * 1024);
      await store.put('large', bytes);
      expect((await store.get('large')).equals(bytes)).toBe(true);
      expect(await store.stat('large')).toMatchObject({ byteSize: bytes.length });
    });

    it('stores only the given part of a buffer', async () => {
      await store.put('part', randomBytes(1000).subarray(10, 20));
      expect(await store.get('part')).toHaveLength(10);
    });

    it('replaces an object, and changes its etag', async () => {
      await store.put('key', Buffer.from('one'));
      const before = await store.stat('key');
      await store.put('key', Buffer.from('two'));
      expect((await store.get('key')).toString()).toBe('two');
      expect((await store.stat('key'))?.etag).not.toBe(before?.etag);
    });

    it('putOnce keeps the first object', async () => {
      expect(await store.putOnce('once', Buffer.from('first'))).toBe('created');
      expect(await store.putOnce('once', Buffer.from('second'))).toBe('exists');
      expect((await store.get('once')).toString()).toBe('first');
    });

    it('of many concurrent putOnce calls, one creates the object, with intact bytes', async () => {
      const candidates = Array.from({ length: 12 }, () => randomBytes(100_000));
      const results = await Promise.all(candidates.map((bytes) => store.putOnce('race/once', bytes)));
      expect(results.filter((result) => result === 'created')).toHaveLength(1);
      const winner = candidates[results.indexOf('created')];
      expect(winner && (await store.get('race/once')).equals(winner)).toBe(true);
    });

    it('does not show a draft before it is put', async () => {
      await store.put('other', Buffer.from('x'));
      const bytes = randomBytes(100_000);
      const draft = store.draft('images/ab/abcd', bytes);
      expect(await store.stat('images/ab/abcd')).toBeNull();
      expect(await keysOf('')).toEqual(['other']);
      expect(await draft.putOnce('image/png')).toBe('created');
      expect((await store.get('images/ab/abcd')).equals(bytes)).toBe(true);
    });

    it('leaves nothing of a draft that is discarded', async () => {
      await store.put('other', Buffer.from('x'));
      const drafts = ['one', 'two'].map((key) => store.draft(key, randomBytes(1000)));
      await Promise.all(drafts.map((draft) => draft.discard()));
      expect(await keysOf('')).toEqual(['other']);
      expect(await store.putOnce('one', Buffer.from('later'))).toBe('created');
    });

    it('of several drafts of a key, one creates the object, and none if the key exists', async () => {
      const drafts = ['first', 'second'].map((text) => store.draft('once', Buffer.from(text)));
      const results: string[] = [];
      for (const draft of drafts) results.push(await draft.putOnce());
      expect(results).toEqual(['created', 'exists']);
      expect((await store.get('once')).toString()).toBe('first');
      expect(await store.draft('once', Buffer.from('third')).putOnce()).toBe('exists');
      expect((await store.get('once')).toString()).toBe('first');
    });

    it('names a missing object', async () => {
      await store.put('there', Buffer.from('x'));
      expect(await store.stat('missing')).toBeNull();
      expect(await store.stat('there/below')).toBeNull();
      const failure = await failureOf(store.get('missing'));
      expect(failure).toMatchObject({ reason: 'NOT_FOUND' });
      expect(failure.message).toContain(store.uri('missing'));
    });

    it.each([
      'with space/and more.png',
      'plus+plus.png',
      'percent%20and%2Fslash.png',
      'ünïcödé/細胞/🔬.png',
      'quotes\'"(1)*.png',
      'a&b=c?d#e.png',
      '.hidden/..almost',
      `long/${'x'.repeat(200)}/${'y'.repeat(200)}`,
    ])('accepts the key %j unchanged', async (key) => {
      await store.put(key, Buffer.from(key));
      expect((await store.get(key)).toString()).toBe(key);
      expect(await store.stat(key)).toMatchObject({ key });
      expect(await keysOf('')).toEqual([key]);
      expect(await keysOf(key.slice(0, -2))).toEqual([key]);
      expect(store.uri(key)).toBe(store.root + key);
    });

    it('lists in byte order of the keys', async () => {
      const keys = ['a.txt', 'a/b', 'a/b.c', 'a/b/c', 'a-b/x', 'a0', 'A', 'é', 'z', '\u{fffd}', '\u{1f52c}'];
      const storable = keys.filter((key) => key !== 'a/b'); // a path cannot be both a folder and a file
      for (const key of storable) await store.put(key, Buffer.from('x'));
      const sorted = storable.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      expect(await keysOf('')).toEqual(sorted);
    });

    it('lists keys that begin with a prefix, even if it does not end at a slash', async () => {
      for (const key of ['cells/a/1', 'cells/a/2', 'cells/ab/1', 'cells/b/1', 'cell', 'other/1'])
        await store.put(key, Buffer.from('x'));
      expect(await keysOf('cells/a/')).toEqual(['cells/a/1', 'cells/a/2']);
      expect(await keysOf('cells/a')).toEqual(['cells/a/1', 'cells/a/2', 'cells/ab/1']);
      expect(await keysOf('cell')).toHaveLength(5);
      expect(await keysOf('cells/b/1')).toEqual(['cells/b/1']);
      expect(await keysOf('nothing/')).toEqual([]);
      expect(await keysOf('../')).toEqual([]);
    });

    it('lists more than a page of objects, with sizes', async () => {
      const keys = Array.from({ length: 1100 }, (_, i) => `many/${String(i).padStart(5, '0')}`);
      for (let i = 0; i < keys.length; i += 50)
        await Promise.all(keys.slice(i, i + 50).map((key) => store.put(key, Buffer.from(key))));
      const listed = await collect(store.list('many/'));
      expect(listed.map(({ key }) => key)).toEqual(keys);
      expect(listed.every(({ byteSize }) => byteSize === 10)).toBe(true);
      expect(listed[7]).toEqual(await store.stat('many/00007'));
    }, 120_000);

    it('allows a listing to be abandoned', async () => {
      for (const key of ['a', 'b', 'c']) await store.put(key, Buffer.from('x'));
      for await (const { key } of store.list('')) if (key === 'a') break;
      expect(await keysOf('')).toEqual(['a', 'b', 'c']);
    });

    it('is ready, and the probe leaves no object below other prefixes', async () => {
      await store.put('images/a', Buffer.from('x'));
      for (let i = 0; i < 2; i++) {
        await expect(store.probeReading()).resolves.toBeUndefined();
        await expect(store.probe()).resolves.toBeUndefined();
      }
      expect(await keysOf('images/')).toEqual(['images/a']);
    });

    it('reports whether an object has exactly these bytes', async () => {
      const bytes = randomBytes(100_000);
      const flipped = Buffer.from(bytes);
      flipped[70_000] = (flipped[70_000] ?? 0) ^ 1;
      await store.put('a', bytes);
      expect(await store.holds('a', bytes)).toBe(true);
      expect(await store.holds('a', flipped)).toBe(false);
      expect(await store.holds('a', bytes.subarray(1))).toBe(false);
      expect(await store.holds('a', Buffer.concat([bytes, bytes]))).toBe(false);
      expect(await store.holds('a', new Uint8Array())).toBe(false);
      expect(await store.holds('b', bytes)).toBe(false);
      await store.put('empty', new Uint8Array());
      expect(await store.holds('empty', new Uint8Array())).toBe(true);
    });

    it('never claims to lack an object that it has', async () => {
      await store.put('images/ab/abcd', Buffer.from('x'));
      expect(await store.surelyLacks('images/ab/abcd')).toBe(false);
      await store.putOnce('once', Buffer.from('x'));
      expect(await store.surelyLacks('once')).toBe(false);
    });

    it('deletes an object and no other, also repeatedly, and accepts it again', async () => {
      for (const key of ['images/ab', 'images/ab.txt', 'images/abc', 'other'])
        await store.put(key, Buffer.from(key));
      for (let i = 0; i < 2; i++) await store.delete('images/ab');
      expect(await store.stat('images/ab')).toBeNull();
      expect(await failureOf(store.get('images/ab'))).toMatchObject({ reason: 'NOT_FOUND' });
      expect(await keysOf('')).toEqual(['images/ab.txt', 'images/abc', 'other']);
      expect(await store.putOnce('images/ab', Buffer.from('again'))).toBe('created');
      expect((await store.get('images/ab')).toString()).toBe('again');
    });

    it('deletes nothing for a key without an object', async () => {
      await store.put('images/ab', Buffer.from('x'));
      for (const key of ['missing', 'missing/below', 'images', 'images/ab/below']) await store.delete(key);
      expect(await keysOf('')).toEqual(['images/ab']);
    });

    it('checks the size that a listing gave', async () => {
      await store.put('a', randomBytes(100));
      expect(await store.get('a', { byteSize: 100 })).toHaveLength(100);
      expect(await failureOf(store.get('a', { byteSize: 101 }))).toMatchObject({ reason: 'UNREADABLE' });
    });
  });
}

async function collect(objects: AsyncIterable<StoredObject>): Promise<StoredObject[]> {
  const all: StoredObject[] = [];
  for await (const object of objects) all.push(object);
  return all;
}

/** The error that a call rejects with. */
export async function failureOf(call: Promise<unknown>): Promise<ObjectStoreError> {
  const error = await call.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof ObjectStoreError) return error;
  throw new Error('An ObjectStoreError was expected.', { cause: error });
}
