import { type DBSchema, type IDBPDatabase, openDB } from 'idb';
import { deviceDatabase } from '../../session/device-data.js';
import { newRequestId } from '../../session/new-request-id.js';
import type { ClassificationTarget } from '../predictions/classification-queue.js';
import type { DeviceResult, DeviceVersion } from './messages.js';

/** What this device has found out about an image. */
export type HeldState =
  | { readonly kind: 'waiting' }
  | {
      readonly kind: 'answered';
      readonly version: DeviceVersion;
      readonly result: DeviceResult;
      /** ISO 8601. */
      readonly answeredAt: string;
    }
  /** The file cannot be classified in a browser; the server may be able to. */
  | { readonly kind: 'only on the server'; readonly message: string }
  | { readonly kind: 'failed'; readonly message: string };

/** An image that was not uploaded. */
export interface HeldImage {
  readonly id: string;
  readonly userId: string;
  /** Milliseconds since 1970, and the place in its drop: the order of the list. */
  readonly addedAt: number;
  readonly place: number;
  readonly fileName: string;
  readonly file: Blob;
  readonly target: ClassificationTarget;
  readonly state: HeldState;
}

interface DeviceDatabase extends DBSchema {
  images: { key: string; value: HeldImage; indexes: { userId: string } };
  /** The version that ran last, to run it without a connection. */
  versions: { key: 'last'; value: DeviceVersion };
}

/** The images that this device keeps, by user. Several may be open; they tell each other about changes. */
export interface HeldImages {
  list: (userId: string) => Promise<HeldImage[]>;
  count: () => Promise<number>;
  add: (userId: string, files: readonly File[], target: ClassificationTarget) => Promise<void>;
  setState: (id: string, state: HeldState) => Promise<void>;
  remove: (ids: readonly string[]) => Promise<void>;
  /** Deletes the images of every other user. */
  keepOnlyOf: (userId: string) => Promise<void>;
  lastVersion: () => Promise<DeviceVersion | undefined>;
  setLastVersion: (version: DeviceVersion) => Promise<void>;
  /** Calls `listener` after each change, also elsewhere in the app or in another tab. Returns a function that stops this. */
  subscribe: (listener: () => void) => () => void;
  close: () => void;
}

export function openHeldImages(): HeldImages {
  let opened: Promise<IDBPDatabase<DeviceDatabase>> | null = null;
  const database = () => (opened ??= open(() => (opened = null)));
  const changes = new EventTarget();
  const others = new BroadcastChannel(deviceDatabase());
  others.onmessage = () => changes.dispatchEvent(new Event('change'));
  const changed = () => {
    changes.dispatchEvent(new Event('change'));
    others.postMessage('change');
  };

  return {
    async list(userId) {
      const images = await (await database()).getAllFromIndex('images', 'userId', userId);
      return images.toSorted((one, other) => other.addedAt - one.addedAt || one.place - other.place);
    },
    count: async () => (await database()).count('images'),
    async add(userId, files, target) {
      const addedAt = Date.now();
      const images = files.map((file, place): HeldImage => {
        const id = newRequestId();
        return { id, userId, addedAt, place, fileName: file.name, file, target, state: { kind: 'waiting' } };
      });
      const { done, store } = (await database()).transaction('images', 'readwrite');
      await Promise.all([...images.map((image) => store.add(image)), done]);
      changed();
    },
    async setState(id, state) {
      const { done, store } = (await database()).transaction('images', 'readwrite');
      const image = await store.get(id); // removed in the meantime: stays removed
      if (image) await store.put({ ...image, state });
      await done;
      changed();
    },
    async remove(ids) {
      const { done, store } = (await database()).transaction('images', 'readwrite');
      await Promise.all([...ids.map((id) => store.delete(id)), done]);
      changed();
    },
    async keepOnlyOf(userId) {
      const { done, store } = (await database()).transaction('images', 'readwrite');
      for (let cursor = await store.openCursor(); cursor; cursor = await cursor.continue()) {
        if (cursor.value.userId !== userId) await cursor.delete();
      }
      await done;
    },
    lastVersion: async () => (await database()).get('versions', 'last'),
    setLastVersion: async (version) => {
      await (await database()).put('versions', version, 'last');
    },
    subscribe(listener) {
      changes.addEventListener('change', listener);
      return () => changes.removeEventListener('change', listener);
    },
    close() {
      others.close();
      void opened?.then((closing) => closing.close()).catch(() => undefined);
      opened = null;
    },
  };
}

/** @param onClose called when the database is closed, so that it is opened again for the next use */
function open(onClose: () => void): Promise<IDBPDatabase<DeviceDatabase>> {
  return openDB<DeviceDatabase>(deviceDatabase(), 1, {
    upgrade(database) {
      database.createObjectStore('images', { keyPath: 'id' }).createIndex('userId', 'userId');
      database.createObjectStore('versions');
    },
    blocking(_current, _blocked, event) {
      // Another tab signs out, and deletes the database.
      if (event.target instanceof IDBDatabase) event.target.close();
      onClose();
    },
    terminated: onClose,
  });
}
