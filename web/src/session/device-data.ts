/** The name of the IndexedDB database with what this device keeps of a user: images that are not uploaded, and their answers. */
export const DEVICE_DATABASE = 'cytograph-device';

/** Deletes everything that this device keeps of its users' images. Resolves also if it is not possible now. */
export function deleteDeviceData(): Promise<void> {
  return new Promise((resolve) => {
    try {
      const request = indexedDB.deleteDatabase(DEVICE_DATABASE);
      request.onsuccess = () => resolve();
      request.onerror = () => resolve();
      request.onblocked = () => resolve(); // it is deleted when the last tab closes it
    } catch {
      resolve(); // the browser has no storage
    }
  });
}
