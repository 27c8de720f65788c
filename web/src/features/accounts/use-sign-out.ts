import { useMutation } from '@apollo/client/react';
import { useRef, useState } from 'react';
import { graphql } from '../../graphql/index.js';
import { type UnsavedWork, unsavedWork } from '../../session/unsaved-work.js';
import { leaveApp } from '../../session/leave-app.js';

const signOutMutation = graphql(`
  mutation SignOut {
    signOutOfProvider
  }
`);

export interface ToDelete {
  /** The number of images that are only on this device. */
  images: number;
  work: UnsavedWork[];
}

/** How long what is just being saved may take, in milliseconds, before the user is asked. */
const SAVING_MS = 3_000;

export interface Leaving {
  /** What leaving would delete, while the user has not confirmed it; otherwise null. */
  toDelete: ToDelete | null;
  /** Why the last attempt failed: the user is still signed in, and nothing was deleted. */
  problem: unknown;
  confirm: () => void;
  /** Also leaves a problem. */
  cancel: () => void;
}

/**
 * Ends the own session in some way: `start(leave)` calls `leave`, at once or, if something is not saved or not uploaded, after `confirm`. `leave`
 * ends the session and then the app (`leaveApp`).
 */
export function useLeaving(viewerId: string): Leaving & { start: (leave: () => Promise<unknown>) => void } {
  const [toDelete, setToDelete] = useState<ToDelete | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const leave = useRef<() => Promise<unknown>>(() => Promise.resolve());
  const confirm = () => {
    setProblem(null);
    leave.current().catch(setProblem);
  };
  const ask = async () => {
    const { countHeldImages } = await import('../on-device/hold-files.js');
    const images = await countHeldImages();
    const work = await stillUnsaved(viewerId);
    if (images === 0 && work.length === 0) confirm();
    else setToDelete({ images, work });
  };
  return {
    start: (next) => {
      leave.current = next;
      void ask().catch(confirm);
    },
    toDelete,
    problem,
    confirm,
    cancel: () => {
      setToDelete(null);
      setProblem(null);
    },
  };
}

/**
 * Signs out, also at the identity provider where the user signed in with it, and loads the app again, so that no data of this user
 * stays in memory or on this device.
 */
export function useSignOut(viewerId: string): Leaving & { start: () => void } {
  const leaving = useLeaving(viewerId);
  const [signOut] = useMutation(signOutMutation, {
    onCompleted: ({ signOutOfProvider }) => {
      void leaveApp(signOutOfProvider ?? document.baseURI);
    },
  });
  return { ...leaving, start: () => leaving.start(signOut) };
}

/** The work that is not saved, also after the requests that are on their way had time to end. */
async function stillUnsaved(viewerId: string): Promise<UnsavedWork[]> {
  const end = Date.now() + SAVING_MS;
  while (unsavedWork(viewerId).length > 0 && Date.now() < end)
    await new Promise((resolve) => setTimeout(resolve, 100));
  return unsavedWork(viewerId);
}
