import { useSyncExternalStore } from 'react';
import { nameHere } from '../../session/name-here.js';

/** The key of the choice in the local storage: it belongs to the device, and also holds for the next start without a connection. */
const storageKey = () => nameHere('cytograph on this device');

/** Whether new images are classified on this device, and a function that changes it. */
export function useOnDeviceSwitch(): [boolean, (isOn: boolean) => void] {
  const isOn = useSyncExternalStore(subscribe, () => localStorage.getItem(storageKey()) === 'on');
  return [isOn, turn];
}

function turn(isOn: boolean): void {
  if (isOn) localStorage.setItem(storageKey(), 'on');
  else localStorage.removeItem(storageKey());
  // The browser sends this event only to the other tabs.
  window.dispatchEvent(new StorageEvent('storage', { key: storageKey() }));
}

function subscribe(listener: () => void): () => void {
  window.addEventListener('storage', listener);
  return () => window.removeEventListener('storage', listener);
}
