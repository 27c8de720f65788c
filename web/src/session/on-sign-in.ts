import type { ApolloClient } from '@apollo/client';
import { viewerQuery } from './viewer-query.js';

/**
 * Calls `listener` when somebody has signed in, also after the session had ended while the page was open. `isSameUser`: it is the user who
 * was signed in before, or nobody was. Returns a function that ends this.
 */
export function onSignIn(client: ApolloClient, listener: (isSameUser: boolean) => void): () => void {
  let isSignedIn = false;
  let lastId: string | null = null;
  const viewer = client.watchQuery({ query: viewerQuery, fetchPolicy: 'cache-only' });
  const watching = viewer.subscribe(({ data }) => {
    const id = data?.viewer?.id ?? null;
    const isNew = id !== null && (!isSignedIn || id !== lastId);
    const isSameUser = lastId === null || id === lastId;
    isSignedIn = id !== null;
    lastId = id ?? lastId;
    if (isNew) listener(isSameUser);
  });
  return () => watching.unsubscribe();
}
