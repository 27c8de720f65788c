import { useEffect } from 'react';

const EVERY_MS = 1500;

/** Reads again and again while something is under way that the server does not tell of by itself. */
export function usePolling(active: boolean, refetch: () => Promise<unknown>, everyMs = EVERY_MS): void {
  useEffect(() => {
    if (!active) return;
    // A failed read shows in the query's own error; the next one may succeed.
    const timer = setInterval(() => void refetch().catch(() => undefined), everyMs);
    return () => clearInterval(timer);
  }, [active, refetch, everyMs]);
}
