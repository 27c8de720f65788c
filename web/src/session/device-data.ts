import { nameHere } from './name-here.js';

/** The name of the IndexedDB database with what this device keeps of a user: images that are not uploaded, and their answers. */
export const deviceDatabase = () => nameHere('cytograph-device');

/** Deletes everything that this device keeps of its users' images. Resolves also if it is not possible now. */
export function deleteDeviceData(): Promise<void> {
  return new Promise((resolve) => {
    try {
      const request = indexedDB.deleteDatabase(deviceDatabase());
      request.onsuccess = () => resolve();
      request.onerror = () => resolve();
      request.onblocked = () => resolve(); // it is deleted when the last tab closes it
    } catch {
      resolve(); // the browser has no storage
    }
  });
}
