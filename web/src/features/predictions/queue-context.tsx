import type { ApolloClient } from '@apollo/client';
import { useApolloClient } from '@apollo/client/react';
import { createContext, type ReactNode, use, useEffect, useState, useSyncExternalStore } from 'react';
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

/** Keeps uploads running while the user visits other pages or signs in again, and warns before the tab is closed. */
export function ClassificationQueueProvider({ children }: { children: ReactNode }) {
  const client = useApolloClient();
  const [queue] = useState(() => createClassificationQueue(sendWhenLoaded(client), PARALLEL));
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
