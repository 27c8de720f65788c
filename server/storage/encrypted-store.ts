import { DecryptionError, ENCRYPTION_OVERHEAD, keyIdOf, type KeyRing } from './encryption.js';
import { PROBE_KEY } from './keys.js';
import {
  type Draft,
  type GetOptions,
  type ObjectStore,
  ObjectStoreError,
  type StoredObject,
} from './object-store.js';

// Encrypted objects have other keys than plain ones, so that sizes and listings are known without reading the objects:
//   encrypted/objects/KEY   an encrypted object
//   encrypted/keys/ID       an empty object: the key with this id is used

const RESERVED = 'encrypted/';
const OBJECTS = `${RESERVED}objects/`;
const KEYS = `${RESERVED}keys/`;

/**
 * A store that encrypts what it stores in `inner`. Objects that were stored before encryption was switched on remain readable, and
 * `rotateObjects` encrypts them.
 */
export function encryptObjects(inner: ObjectStore, keys: KeyRing): ObjectStore {
  return new EncryptedStore(inner, keys);
}

class EncryptedStore implements ObjectStore {
  readonly root: string;
  readonly #inner: ObjectStore;
  readonly #keys: KeyRing;
  /** Recorded before the first object is encrypted with the current key. */
  #recordedKey: Promise<void> | null = null;

  constructor(inner: ObjectStore, keys: KeyRing) {
    this.root = inner.root;
    this.#inner = inner;
    this.#keys = keys;
  }

  uri(key: string): string {
    return this.#inner.uri(key);
  }

  async put(key: string, bytes: Uint8Array, _contentType?: string, signal?: AbortSignal): Promise<void> {
    assertKey(key);
    await this.#recordKey();
    await this.#inner.put(OBJECTS + key, this.#keys.encrypt(bytes, key), undefined, signal);
    if ((await this.#inner.stat(key)) !== null) await this.#inner.delete(key, signal);
  }

  async putOnce(
    key: string,
    bytes: Uint8Array,
    contentType?: string,
    signal?: AbortSignal,
  ): Promise<'created' | 'exists'> {
    return this.draft(key, bytes).putOnce(contentType, signal);
  }

  draft(key: string, bytes: Uint8Array): Draft {
    assertKey(key);
    const draft = this.#inner.draft(OBJECTS + key, this.#keys.encrypt(bytes, key));
    return {
      putOnce: async (_contentType, signal) => {
        if ((await this.#inner.stat(key)) !== null) {
          await draft.discard();
          return 'exists';
        }
        await this.#recordKey();
        return draft.putOnce(undefined, signal);
      },
      discard: () => draft.discard(),
    };
  }

  async get(key: string, { byteSize, signal }: GetOptions = {}): Promise<Buffer> {
    assertKey(key);
    const bytes = await this.#find(key, signal);
    if (byteSize !== undefined && bytes.length !== byteSize)
      throw new ObjectStoreError(
        'UNREADABLE',
        `${this.uri(key)} has ${bytes.length} bytes, but was listed with ${byteSize}: it is being written. Try again.`,
      );
    return bytes;
  }

  async #find(key: string, signal?: AbortSignal): Promise<Buffer> {
    const getEncrypted = async () => this.#decrypt(key, await this.#inner.get(OBJECTS + key, { signal }));
    return getEncrypted().catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
      return this.#inner.get(key, { signal }).catch((missing: unknown) => {
        if (!isNotFound(missing)) throw missing;
        return getEncrypted().catch((again: unknown) => {
          // Encrypted between the two calls, or missing: the message names the key without the prefix.
          throw isNotFound(again) ? missing : again;
        });
      });
    });
  }

  #decrypt(key: string, encrypted: Buffer): Buffer {
    try {
      return this.#keys.decrypt(encrypted, key);
    } catch (error) {
      if (!(error instanceof DecryptionError)) throw error;
      const reason = error.fault === 'CHANGED' ? 'DAMAGED' : 'UNREADABLE';
      throw new ObjectStoreError(reason, `${this.uri(key)} cannot be decrypted: ${error.message}.`, {
        cause: error,
      });
    }
  }

  async delete(key: string, signal?: AbortSignal): Promise<void> {
    assertKey(key);
    await this.#inner.delete(OBJECTS + key, signal);
    await this.#inner.delete(key, signal);
  }

  async holds(key: string, bytes: Uint8Array, signal?: AbortSignal): Promise<boolean> {
    assertKey(key);
    const found = await this.#inner.stat(OBJECTS + key);
    if (found === null) return this.#inner.holds(key, bytes, signal);
    if (plainSize(found) !== bytes.byteLength) return false;
    try {
      return (await this.get(key, { signal })).equals(bytes);
    } catch (error) {
      if (error instanceof ObjectStoreError && error.concernsOneObject) return false;
      throw error;
    }
  }

  async surelyLacks(key: string): Promise<boolean> {
    assertKey(key);
    return (await this.#inner.surelyLacks(OBJECTS + key)) && this.#inner.surelyLacks(key);
  }

  async stat(key: string): Promise<StoredObject | null> {
    assertKey(key);
    const encrypted = await this.#inner.stat(OBJECTS + key);
    return encrypted === null ? this.#inner.stat(key) : asPlain(encrypted);
  }

  /** Merges the encrypted and the plain objects in byte order. */
  async *list(prefix: string): AsyncIterable<StoredObject> {
    const encrypted = this.#inner.list(OBJECTS + prefix)[Symbol.asyncIterator]();
    const plain = plainObjects(this.#inner, prefix)[Symbol.asyncIterator]();
    try {
      let [one, other] = [await encrypted.next(), await plain.next()];
      while (!one.done || !other.done) {
        const order = one.done ? 1 : other.done ? -1 : compareKeys(asPlain(one.value).key, other.value.key);
        if (!one.done && order <= 0) yield asPlain(one.value);
        else if (!other.done) yield other.value;
        if (order <= 0) one = await encrypted.next();
        if (order >= 0) other = await plain.next(); // both if the object is being encrypted at the moment
      }
    } finally {
      await encrypted.return?.(undefined);
      await plain.return(undefined);
    }
  }

  probeReading(): Promise<void> {
    return this.#inner.probeReading();
  }

  probe(signal?: AbortSignal): Promise<void> {
    return this.#inner.probe(signal);
  }

  close(): void {
    this.#inner.close();
  }

  async #recordKey(): Promise<void> {
    this.#recordedKey ??= recordCurrentKey(this.#inner, this.#keys);
    try {
      await this.#recordedKey;
    } catch (error) {
      this.#recordedKey = null;
      throw error;
    }
  }
}

/** Records in `inner` that the current key is used, so that {@link checkEncryptionKeys} requires it. */
export async function recordCurrentKey(inner: ObjectStore, keys: KeyRing): Promise<void> {
  await inner.putOnce(KEYS + keys.currentId, new Uint8Array());
}

/** Objects are encrypted with keys that the settings do not have. */
export class MissingKeyError extends ObjectStoreError {}

/**
 * Checks that the keys of all encrypted objects in `inner` are known.
 * @param keys null without encryption
 * @throws MissingKeyError that names the missing keys; ObjectStoreError
 */
export async function checkEncryptionKeys(inner: ObjectStore, keys: KeyRing | null): Promise<void> {
  const missing: string[] = [];
  for await (const { key } of inner.list(KEYS)) {
    const id = key.slice(KEYS.length);
    if (!keys?.has(id)) missing.push(id);
  }
  if (missing.length === 0) return;
  throw new MissingKeyError(
    'OTHER',
    `${inner.root} has objects that are encrypted with ${missing.length === 1 ? 'the key' : 'the keys'} ${missing.join(', ')}, ` +
      `which ENCRYPTION_KEYS ${keys ? 'does not contain' : 'would have to contain, but it is not set'}. Add the missing key after ` +
      `the first one. Without it these objects cannot be read.`,
  );
}

/** What a rotation has done so far. */
export interface Rotation {
  encrypted: number;
  alreadyCurrent: number;
  /** Objects that cannot be read, with the reason. They stay as they are. */
  failures: string[];
}

/**
 * Encrypts every object in `inner` with the current key: plain objects and those of older keys. May be interrupted and repeated, while
 * servers run. When nothing failed, older keys are not needed any more.
 * @param rewritten called after an object was written again, which might have been deleted at the same time
 */
export async function rotateObjects(
  inner: ObjectStore,
  keys: KeyRing,
  {
    rewritten,
    onProgress,
    signal,
  }: {
    rewritten: (key: string) => Promise<void>;
    onProgress: (rotation: Rotation) => void;
    signal: AbortSignal;
  },
): Promise<Rotation> {
  const store = encryptObjects(inner, keys);
  const rotation: Rotation = { encrypted: 0, alreadyCurrent: 0, failures: [] };
  const older: string[] = [];
  for await (const { key } of inner.list(KEYS)) if (key !== KEYS + keys.currentId) older.push(key);

  for await (const { key } of store.list('')) {
    signal.throwIfAborted();
    if (key.endsWith('/') || key === PROBE_KEY) continue;
    try {
      if (await isCurrent(inner, keys, key)) rotation.alreadyCurrent++;
      else {
        await store.put(key, await store.get(key, { signal }));
        await rewritten(key);
        rotation.encrypted++;
      }
    } catch (error) {
      if (!(error instanceof ObjectStoreError) || !error.concernsOneObject) throw error;
      if (error.reason !== 'NOT_FOUND') rotation.failures.push(error.message); // otherwise it was just deleted
    }
    onProgress(rotation);
  }
  if (rotation.failures.length === 0) for (const key of older) await inner.delete(key);
  return rotation;
}

async function isCurrent(inner: ObjectStore, keys: KeyRing, key: string): Promise<boolean> {
  if ((await inner.stat(key)) !== null) return false; // the plain object remains to be deleted
  return keyIdOf(await inner.get(OBJECTS + key)) === keys.currentId;
}

async function* plainObjects(inner: ObjectStore, prefix: string): AsyncGenerator<StoredObject> {
  for await (const object of inner.list(prefix)) if (!object.key.startsWith(RESERVED)) yield object;
}

function assertKey(key: string): void {
  if (key.startsWith(RESERVED))
    throw new ObjectStoreError(
      'OTHER',
      `'${key}' is not a key: '${RESERVED}' is reserved for encrypted objects.`,
    );
}

const plainSize = ({ byteSize }: StoredObject) => byteSize - ENCRYPTION_OVERHEAD;

function asPlain(object: StoredObject): StoredObject {
  return { ...object, key: object.key.slice(OBJECTS.length), byteSize: plainSize(object) };
}

const compareKeys = (one: string, other: string) => Buffer.compare(Buffer.from(one), Buffer.from(other));

function isNotFound(error: unknown): boolean {
  return error instanceof ObjectStoreError && error.reason === 'NOT_FOUND';
}
