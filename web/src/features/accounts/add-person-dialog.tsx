import { useMutation, useQuery } from '@apollo/client/react';
import { TextField } from '@mui/material';
import { useState } from 'react';
import type { Role } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { FormDialog } from '../../ui/form-dialog.js';
import { RoleFields } from './role-fields.js';
import { type ChosenSites, SiteFields } from './site-fields.js';
import { sitesQuery } from './sites-query.js';

const createUserMutation = graphql(`
  mutation CreateUser($input: CreateUserInput!) {
    createUser(input: $input) {
      ...UserResult
    }
  }
`);

interface AddPersonDialogProps {
  onAdded: (added: { email: string; oneTimePassword: string }) => void;
  onClose: () => void;
}

/** Creates an account; the one-time password goes to the page that opened the dialog. */
export function AddPersonDialog({ onAdded, onClose }: AddPersonDialogProps) {
  const [displayName, setDisplayName] = useState('');
  const [email, setEmail] = useState('');
  const [roles, setRoles] = useState<Role[]>(['CLINICIAN']);
  const [chosen, setChosen] = useState<ChosenSites>({ siteIds: [], seesAllSites: false });
  const hasSites = (useQuery(sitesQuery).data?.sites ?? []).length > 0;
  const ofSites = hasSites ? { siteIds: [...chosen.siteIds], seesAllSites: chosen.seesAllSites } : {};
  const [create, mutation] = useMutation(createUserMutation, {
    onCompleted: ({ createUser: { user, oneTimePassword } }) => {
      if (user && oneTimePassword != null) onAdded({ email, oneTimePassword });
    },
  });
  return (
    <FormDialog
      title="Add a person"
      action="Add"
      disabled={roles.length === 0}
      mutation={mutation}
      userErrors={mutation.data?.createUser.userErrors}
      onSubmit={() =>
        void create({ variables: { input: { displayName, email, roles, ...ofSites } } }).catch(
          () => undefined,
        )
      }
      onClose={onClose}
    >
      <TextField
        label="Name"
        required
        autoFocus
        value={displayName}
        onChange={(event) => setDisplayName(event.target.value)}
      />
      <TextField
        label="E-mail"
        type="email"
        required
        helperText="The person signs in with it."
        value={email}
        onChange={(event) => setEmail(event.target.value)}
      />
      <RoleFields value={roles} onChange={setRoles} />
      <SiteFields roles={roles} value={chosen} onChange={setChosen} />
    </FormDialog>
  );
}
