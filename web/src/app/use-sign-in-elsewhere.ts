import { useEffect, useRef } from 'react';
import { openSessionChannel, SIGNED_IN_AGAIN, wasSignedInAgain } from '../session/session-channel.js';

/**
 * Informs the other windows who is signed in here, and calls `onOther` when another window says that somebody else is, or that the user has
 * signed in while this window has no session. A window that was opened only to sign in closes.
 *
 * @param viewerId null while nobody is signed in here
 */
export function useSignInElsewhere(viewerId: string | null, onOther: () => void): void {
  const latest = useRef({ viewerId, onOther });
  useEffect(() => {
    latest.current = { viewerId, onOther };
  });
  useEffect(() => {
    const channel = openSessionChannel();
    channel.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (data !== latest.current.viewerId) latest.current.onOther();
    };
    return () => channel.close();
  }, []);
  useEffect(() => {
    if (viewerId === null) return;
    const channel = openSessionChannel();
    channel.postMessage(viewerId);
    if (wasSignedInAgain()) channel.postMessage(SIGNED_IN_AGAIN);
    channel.close();
    // The browser refuses it if the provider's pages were kept apart from this window (Cross-Origin-Opener-Policy).
    if (wasSignedInAgain()) window.close();
  }, [viewerId]);
}
