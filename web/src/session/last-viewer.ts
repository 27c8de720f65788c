import { nameHere } from './name-here.js';
import type { Viewer } from './viewer.js';

/** The key in the local storage of the user who signed in last on this device. It is removed at sign-out. */
const storageKey = () => nameHere('cytograph last user');

/** Keeps who is signed in, so that the app can be opened without the server. */
export function keepLastViewer(viewer: Viewer): void {
  localStorage.setItem(storageKey(), JSON.stringify(viewer));
}

export function forgetLastViewer(): void {
  localStorage.removeItem(storageKey());
}

/** The user who signed in last on this device and has not signed out; null if there is none. */
export function lastViewer(): Viewer | null {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(storageKey()) ?? 'null');
    return isViewer(stored) ? stored : null;
  } catch {
    return null;
  }
}

/** Whether a value has what the app needs to know of a user. */
export function isViewer(value: unknown): value is Viewer {
  return (
    typeof value === 'object' &&
    value !== null &&
    ['id', 'email', 'displayName', 'roles', 'seesAllSites'].every((field) => field in value)
  );
}
