import { deleteDeviceData } from './device-data.js';
import { forgetLastViewer } from './last-viewer.js';

/**
 * Opens an address when the session of the user has ended, so that no data of this user stays in memory, in the browser tab or on the
 * device: the chosen case and the queries of GraphiQL can name patients, and images that are not uploaded show their cells.
 */
export async function leaveApp(address: string): Promise<void> {
  window.sessionStorage.clear();
  forgetLastViewer();
  await deleteDeviceData();
  window.location.assign(address);
}
