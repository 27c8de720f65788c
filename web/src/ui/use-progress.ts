import type { TypedDocumentNode } from '@apollo/client';
import { useSubscription } from '@apollo/client/react';
import { usePolling } from './use-polling.js';

/**
 * Follows an object while a job works on it. Each change updates the object in the cache.
 * @param changes the subscription to the object's changes
 * @param refetch repeats the query of the page now and then, for changes that were published while the WebSocket was closed
 */
export function useProgress<Data>(
  changes: TypedDocumentNode<Data, { id: string }>,
  { id, active, refetch }: { id: string; active: boolean; refetch: () => Promise<unknown> },
): void {
  useSubscription<Data, { id: string }>(changes, { variables: { id }, ignoreResults: true, skip: !active });
  usePolling(active, refetch, EVERY_MS);
}

const EVERY_MS = 10_000;
