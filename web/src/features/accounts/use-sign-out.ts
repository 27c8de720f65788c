import { useMutation } from '@apollo/client/react';
import { graphql } from '../../graphql/index.js';

const signOutMutation = graphql(`
  mutation SignOut {
    signOut
  }
`);

/** Signs out and reloads the app, so that no data of this user stays in memory. */
export function useSignOut(): () => void {
  const [signOut] = useMutation(signOutMutation, {
    onCompleted: () => window.location.assign(document.baseURI),
  });
  return () => void signOut().catch(() => undefined);
}
