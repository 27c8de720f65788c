import { useMutation } from '@apollo/client/react';
import { graphql } from '../../graphql/index.js';

const signOutMutation = graphql(`
  mutation SignOut {
    signOut
  }
`);

/** Ends the session and loads the app anew: what it had read for one person is not left in memory for the next. */
export function useSignOut(): () => void {
  const [signOut] = useMutation(signOutMutation, {
    onCompleted: () => window.location.assign(document.baseURI),
  });
  return () => void signOut().catch(() => undefined);
}
