import { createContext, use } from 'react';

const OfflineContext = createContext(false);

export const OfflineProvider = OfflineContext.Provider;

/** Whether the app was opened without the server: with the name of the last user, for classifying on this device. */
export function useOffline(): boolean {
  return use(OfflineContext);
}
