import { useMutation } from '@apollo/client/react';
import { graphql } from '../../graphql/index.js';
import { leaveApp } from '../../session/leave-app.js';

const signOutMutation = graphql(`
  mutation SignOut {
    signOutOfProvider
  }
`);

/**
 * Signs out, also at the identity provider where the user signed in with it, and loads the app again, so that no data of this user
 * stays in memory.
 */
export function useSignOut(): () => void {
  const [signOut] = useMutation(signOutMutation, {
    onCompleted: ({ signOutOfProvider }) => {
      leaveApp(signOutOfProvider ?? document.baseURI);
    },
  });
  return () => void signOut().catch(() => undefined);
}
