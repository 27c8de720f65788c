import { useMutation } from '@apollo/client/react';
import { useState } from 'react';
import { graphql } from '../../graphql/index.js';
import { leaveApp } from '../../session/leave-app.js';

const signOutMutation = graphql(`
  mutation SignOut {
    signOutOfProvider
  }
`);

export interface SignOut {
  /** Signs out; if images on this device are not uploaded, waits for `confirm`. */
  start: () => void;
  /** How many images would be deleted, while the user has not confirmed it; otherwise 0. */
  imagesToDelete: number;
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
export function useSignOut(): SignOut {
  const [imagesToDelete, setImagesToDelete] = useState(0);
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
    if (images === 0) confirm();
    else setImagesToDelete(images);
  };
  return {
    start: () => void start().catch(confirm),
    imagesToDelete,
    problem,
    confirm,
    cancel: () => {
      setImagesToDelete(0);
      setProblem(null);
    },
  };
}
