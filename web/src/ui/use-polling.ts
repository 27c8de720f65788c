import { useEffect } from 'react';

const EVERY_MS = 1500;

/**
 * Repeats a query while `active`, for changes that the server does not publish as a subscription.
 * @param everyMs milliseconds between two queries, default 1500
 */
export function usePolling(active: boolean, refetch: () => Promise<unknown>, everyMs = EVERY_MS): void {
  useEffect(() => {
    if (!active) return;
    // The query reports its own error, and the next attempt may succeed.
    const timer = setInterval(() => void refetch().catch(() => undefined), everyMs);
    return () => clearInterval(timer);
  }, [active, refetch, everyMs]);
}
