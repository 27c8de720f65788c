import { useEffect, useRef } from 'react';
import { nameHere } from './name-here.js';

/** With messages between the windows of the app in one browser, which share one session: the id of who is signed in, or `SIGNED_IN_AGAIN`. */
export const openSessionChannel = () => new BroadcastChannel(nameHere('cytograph-session'));

/** The message after the user of the session has signed in again with the identity provider, and the query parameter with which the server opens the app then. */
export const SIGNED_IN_AGAIN = 'signed-in-again';

/** The page that opens in a window that was opened only to sign in. */
export const SIGNED_IN_AGAIN_PAGE = `/?${SIGNED_IN_AGAIN}`;

/** Whether this window was opened for signing in again, which has succeeded. */
export const wasSignedInAgain = () => new URLSearchParams(window.location.search).has(SIGNED_IN_AGAIN);

/** Calls `listener` when the user has signed in again in another window. */
export function useSignedInAgain(listener: () => void): void {
  const latest = useRef(listener);
  useEffect(() => {
    latest.current = listener;
  });
  useEffect(() => {
    const channel = openSessionChannel();
    channel.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (data === SIGNED_IN_AGAIN) latest.current();
    };
    return () => channel.close();
  }, []);
}
