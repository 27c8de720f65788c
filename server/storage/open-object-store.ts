import { chmod, mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Config, S3Settings } from '../config.js';
import { checkEncryptionKeys, encryptObjects, recordCurrentKey } from './encrypted-store.js';
import { KeyRing } from './encryption.js';
import { openFolderStore, PRIVATE_FOLDER } from './folder-store.js';
import { type ObjectStore, ObjectStoreError } from './object-store.js';
import { openS3Store } from './s3-store.js';

/**
 * Opens the store at `file:FOLDER` or `s3://BUCKET/PREFIX`. Reads nothing yet: call `probeReading` to check access.
 * @throws ObjectStoreError if `uri` is neither
 */
export function openObjectStore(uri: string, s3: S3Settings): ObjectStore {
  if (uri.startsWith('file:')) return openFolderStore(folderOf(uri));
  const [, bucket, prefix = ''] = /^s3:\/\/([^/]+)\/?(.*)$/s.exec(uri) ?? [];
  if (bucket) return openS3Store(bucket, prefix, s3);
  throw new ObjectStoreError('OTHER', `'${uri}' is neither file:FOLDER nor s3://BUCKET/PREFIX.`);
}

/** The settings of the store for Cytograph's own objects. */
export type OwnStoreSettings = Pick<Config, 'objectStore' | 's3' | 'encryptionKeys'>;

/** The keys of the settings; null if nothing is to be encrypted. */
export function keyRingOf({ encryptionKeys }: Pick<Config, 'encryptionKeys'>): KeyRing | null {
  const [current, ...older] = encryptionKeys;
  return current ? new KeyRing([current, ...older]) : null;
}

/** Opens the store for Cytograph's own objects, which are encrypted if the settings have keys. Reads nothing yet. */
export function openOwnStore(settings: OwnStoreSettings): ObjectStore {
  const store = openObjectStore(settings.objectStore, settings.s3);
  const keys = keyRingOf(settings);
  return keys ? encryptObjects(store, keys) : store;
}

/**
 * Checks that the settings have the keys of all encrypted objects. A folder that does not exist has none.
 * @throws MissingKeyError, or ObjectStoreError if the store cannot be read
 */
export async function requireEncryptionKeys(settings: OwnStoreSettings): Promise<void> {
  const store = openObjectStore(settings.objectStore, settings.s3);
  try {
    await checkEncryptionKeys(store, keyRingOf(settings));
  } catch (error) {
    const isMissingFolder = store.root.startsWith('file:') && reasonOf(error) === 'NO_SUCH_BUCKET';
    if (!isMissingFolder) throw error;
  } finally {
    store.close();
  }
}

const reasonOf = (error: unknown) => (error instanceof ObjectStoreError ? error.reason : null);

/**
 * Opens the store for Cytograph's own objects. A missing folder is created; a bucket must exist.
 * @param expected keys of which the store must contain at least one if it belongs to the database; empty for a new database. If it
 *   contains none, nothing is created: an empty store in place of a lost one would hide the loss.
 * @throws ObjectStoreError that says what to do
 */
export async function prepareObjectStore(
  settings: OwnStoreSettings,
  expected: readonly string[],
): Promise<ObjectStore> {
  const { objectStore: uri } = settings;
  await requireEncryptionKeys(settings);
  if (expected.length > 0) await refuseForeignStore(openOwnStore(settings), expected);
  else if (uri.startsWith('file:')) await mkdir(folderOf(uri), { recursive: true, mode: PRIVATE_FOLDER });
  if (uri.startsWith('file:')) await closeToOthers(folderOf(uri));
  const store = openOwnStore(settings);
  await store.probeReading();
  const keys = keyRingOf(settings);
  // If the store cannot be written now, the key is recorded before the first object is encrypted.
  if (keys) await recordCurrentKey(openObjectStore(uri, settings.s3), keys).catch(() => undefined);
  return store;
}

async function refuseForeignStore(store: ObjectStore, expected: readonly string[]): Promise<void> {
  const isFolder = store.root.startsWith('file:');
  const statIfThere = (key: string) =>
    store.stat(key).catch((error: unknown) => {
      if (isFolder && reasonOf(error) === 'NO_SUCH_BUCKET') return null;
      throw error;
    });
  const found = await Promise.all(expected.map(statIfThere));
  store.close();
  if (found.some((object) => object !== null)) return;
  throw new ObjectStoreError(
    'OTHER',
    `The database refers to stored images and models, but ${store.root} does not contain them: ` +
      `${expected[0] ?? ''}, for example, is missing. Set OBJECT_STORE (or DATA_DIR) to their location, or restore the store ` +
      `from a backup. To start without any data, use a new database as well.`,
  );
}

/**
 * Takes the access of other accounts away, including that to objects of earlier releases, which were readable by everyone. A folder of
 * another owner or on a file system without modes stays as it is.
 */
async function closeToOthers(folder: string): Promise<void> {
  await chmod(folder, PRIVATE_FOLDER).catch(() => undefined);
}

/** The absolute path of `file:relative`, `file:/absolute` or `file:///absolute`. */
function folderOf(fileUri: string): string {
  return path.resolve(fileUri.slice('file:'.length).replace(/^\/\/(?=\/)/, ''));
}
