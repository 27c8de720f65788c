import { useMutation } from '@apollo/client/react';
import { useGraphqlConnection } from '../../app/graphql-connection.js';
import { viewerQuery } from '../../app/viewer-query.js';
import { graphql } from '../../graphql/index.js';

const signOutMutation = graphql(`
  mutation SignOut {
    signOut
  }
`);

/** Ends the session and forgets everything it had read. Rejects when the server could not be told. */
export function useSignOut(): () => Promise<void> {
  const { client, dropSocket } = useGraphqlConnection();
  const [signOut] = useMutation(signOutMutation);
  return async () => {
    await signOut();
    dropSocket();
    await client.clearStore();
    client.writeQuery({ query: viewerQuery, data: { viewer: null } });
  };
}
