import { useState, useSyncExternalStore } from 'react';

/** The cell that the mouse points at, apart from the state of the gallery: only what shows it is rendered again. */
export interface PointedCell {
  set: (id: string | null) => void;
  get: () => string | null;
  subscribe: (listener: () => void) => () => void;
}

export function useNewPointedCell(): PointedCell {
  const [pointed] = useState(() => {
    let id: string | null = null;
    const listeners = new Set<() => void>();
    return {
      get: () => id,
      set: (next: string | null) => {
        if (next === id) return;
        id = next;
        for (const listener of listeners) listener();
      },
      subscribe: (listener: () => void) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    };
  });
  return pointed;
}

export function usePointedCell({ subscribe, get }: PointedCell): string | null {
  return useSyncExternalStore(subscribe, get);
}
