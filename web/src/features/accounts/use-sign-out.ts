import { useMutation } from '@apollo/client/react';
import { useState } from 'react';
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

export interface SignOut {
  /** Signs out. If something is not saved or not uploaded, waits for `confirm`. */
  start: () => void;
  /** What signing out would delete, while the user has not confirmed it; otherwise null. */
  toDelete: ToDelete | null;
  /** Why the last attempt failed: the user is still signed in, and nothing was deleted. */
  problem: unknown;
  confirm: () => void;
  /** Also leaves a problem. */
  cancel: () => void;
}

/**
 * Signs out, also at the identity provider where the user signed in with it, and loads the app again, so that no data of this user
 * stays in memory or on this device.
 */
export function useSignOut(viewerId: string): SignOut {
  const [toDelete, setToDelete] = useState<ToDelete | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const [signOut] = useMutation(signOutMutation, {
    onCompleted: ({ signOutOfProvider }) => {
      void leaveApp(signOutOfProvider ?? document.baseURI);
    },
  });
  const confirm = () => {
    setProblem(null);
    signOut().catch(setProblem);
  };
  const start = async () => {
    const { countHeldImages } = await import('../on-device/hold-files.js');
    const images = await countHeldImages();
    const work = await stillUnsaved(viewerId);
    if (images === 0 && work.length === 0) confirm();
    else setToDelete({ images, work });
  };
  return {
    start: () => void start().catch(confirm),
    toDelete,
    problem,
    confirm,
    cancel: () => {
      setToDelete(null);
      setProblem(null);
    },
  };
}

/** The work that is not saved, also after the requests that are on their way had time to end. */
async function stillUnsaved(viewerId: string): Promise<UnsavedWork[]> {
  const end = Date.now() + SAVING_MS;
  while (unsavedWork(viewerId).length > 0 && Date.now() < end)
    await new Promise((resolve) => setTimeout(resolve, 100));
  return unsavedWork(viewerId);
}
