import type { ApolloClient } from '@apollo/client';
import { useApolloClient } from '@apollo/client/react';
import { createContext, type ReactNode, use, useEffect, useState, useSyncExternalStore } from 'react';
import { onSignIn } from '../../session/on-sign-in.js';
import {
  type ClassificationQueue,
  createClassificationQueue,
  isPending,
  type SendFile,
  type QueuedFile,
} from './classification-queue.js';

/** Enough to keep the network connection and two cores busy. More uploads would only delay the first results. */
const PARALLEL = 3;

const QueueContext = createContext<ClassificationQueue | null>(null);

/**
 * Keeps uploads running while the user visits other pages, continues them when the user has signed in again, and warns before the tab is
 * closed. The files of one user are never sent by another.
 */
export function ClassificationQueueProvider({ children }: { children: ReactNode }) {
  const client = useApolloClient();
  const [queue] = useState(() => createClassificationQueue(sendWhenLoaded(client), PARALLEL));
  useEffect(
    () => onSignIn(client, (isSameUser) => (isSameUser ? queue.resume() : queue.clear())),
    [client, queue],
  );
  useEffect(() => {
    const warn = (event: BeforeUnloadEvent) => {
      if (queue.files().some(isPending)) event.preventDefault();
    };
    window.addEventListener('beforeunload', warn);
    return () => window.removeEventListener('beforeunload', warn);
  }, [queue]);
  return <QueueContext value={queue}>{children}</QueueContext>;
}

export function useClassificationQueue(): [readonly QueuedFile[], ClassificationQueue] {
  const queue = use(QueueContext);
  if (!queue) throw new Error('useClassificationQueue must be used inside ClassificationQueueProvider.');
  return [useSyncExternalStore(queue.subscribe, queue.files), queue];
}

/** The code that sends files and looks for cells in them, loaded with the first file. */
function sendWhenLoaded(client: ApolloClient): SendFile {
  return async (...file) => {
    const { sendFileWith } = await import('./send-file.js').catch(() => {
      throw new Error(
        'Part of the app could not be loaded, because the connection was lost or the app was updated. Reload the page, then add the file again.',
      );
    });
    return sendFileWith(client)(...file);
  };
}
