import { useMutation } from '@apollo/client/react';
import { Alert, Button, Typography } from '@mui/material';
import { useState } from 'react';
import type { PersonFragment } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { DateTime } from '../../ui/date-time.js';
import { FormDialog } from '../../ui/form-dialog.js';

const linkMutation = graphql(`
  mutation LinkIdentity($id: ID!) {
    linkIdentity(id: $id) {
      ...UserResult
    }
  }
`);

interface IdentityRequestProps {
  person: PersonFragment;
  identity: NonNullable<PersonFragment['identities']>[number];
  onLinked: () => void;
}

/** Somebody has signed in with the identity provider as a person with this e-mail address: an administrator may link the two. */
export function IdentityRequest({ person, identity, onLinked }: IdentityRequestProps) {
  const [asking, setAsking] = useState(false);
  const [link, mutation] = useMutation(linkMutation, {
    onCompleted: ({ linkIdentity }) => {
      if (!linkIdentity.user) return;
      setAsking(false);
      onLinked();
    },
  });
  return (
    <Alert
      severity="info"
      sx={{ mt: 2 }}
      action={
        <Button color="inherit" onClick={() => setAsking(true)}>
          Link
        </Button>
      }
    >
      {identity.displayName} ({identity.email}) tried to sign in with the identity provider {identity.issuer}{' '}
      on <DateTime iso={identity.createdAt} />. The provider’s name for them is {identity.subject}. Until you
      link the two, they cannot sign in that way.
      {asking && (
        <FormDialog
          title={`Link ${person.displayName} to the identity provider`}
          action="Link"
          mutation={mutation}
          userErrors={mutation.data?.linkIdentity.userErrors}
          onSubmit={() => void link({ variables: { id: identity.id } }).catch(() => undefined)}
          onClose={() => setAsking(false)}
        >
          <Typography>
            From then on they sign in with the provider only, and their groups there decide about their roles.
            Their password and authenticator app are removed, and they are signed out everywhere. Make sure
            that it is really this person.
          </Typography>
        </FormDialog>
      )}
    </Alert>
  );
}
