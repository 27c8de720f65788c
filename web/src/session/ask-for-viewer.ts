import { print } from 'graphql';
import { isViewer } from './last-viewer.js';
import type { Viewer } from './viewer.js';
import { viewerQuery } from './viewer-query.js';

/**
 * Asks who is signed in, without the Apollo client, which is still on its way then. Resolves to null if nobody is, and to undefined if the
 * server does not say: the sign-in gate asks again, and shows what is wrong.
 * @param base the URL of the app
 */
export async function askForViewer(base: string): Promise<Viewer | null | undefined> {
  try {
    const response = await fetch(new URL('graphql', base), {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'Apollo-Require-Preflight': 'true' },
      body: JSON.stringify({ query: print(viewerQuery) }),
    });
    const answer: unknown = await response.json();
    const viewer = property(property(answer, 'data'), 'viewer');
    return viewer === null || isViewer(viewer) ? viewer : undefined;
  } catch {
    return undefined;
  }
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
