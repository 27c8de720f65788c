import { useMutation } from '@apollo/client/react';
import { Alert, Button, Stack, TextField, Typography } from '@mui/material';
import { type SubmitEvent, useState } from 'react';
import type { Viewer } from '../../session/viewer.js';
import { viewerQuery } from '../../session/viewer-query.js';
import { graphql } from '../../graphql/index.js';
import { Problem } from '../../ui/problem.js';
import { UserErrors } from '../../ui/user-errors.js';
import { AccountPage } from './account-page.js';
import { SignOutButton } from './sign-out-button.js';

const changePasswordMutation = graphql(`
  mutation ChangePassword($currentPassword: String!, $newPassword: String!) {
    changePassword(currentPassword: $currentPassword, newPassword: $newPassword) {
      viewer {
        __typename
        id
        email
        displayName
        roles
        passwordIsOneTime
        seesAllSites
        sites {
          __typename
          id
          name
        }
      }
      userErrors {
        code
        message
      }
    }
  }
`);

interface ChooseOwnPasswordProps {
  viewer: Viewer;
  /** The password that the user has just signed in with. If empty, because the page was reloaded, the form asks for it. */
  currentPassword: string;
}

/** Asks the user to replace a one-time password. Shown instead of the app until that is done. */
export function ChooseOwnPassword({ viewer, currentPassword }: ChooseOwnPasswordProps) {
  const [current, setCurrent] = useState(currentPassword);
  const [chosen, setChosen] = useState('');
  const [repeated, setRepeated] = useState('');
  const [change, { data, loading, error }] = useMutation(changePasswordMutation, {
    update: (cache, { data }) => {
      const changed = data?.changePassword.viewer;
      if (changed) cache.writeQuery({ query: viewerQuery, data: { viewer: changed } });
    },
  });
  const differs = repeated !== '' && repeated !== chosen;

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (repeated !== chosen) return;
    void change({ variables: { currentPassword: current, newPassword: chosen } }).catch(() => undefined);
  };

  return (
    <AccountPage title="Choose your own password">
      <Typography color="textSecondary">
        You signed in as {viewer.email} with a one-time password. Choose a new password to continue.
      </Typography>
      <Stack component="form" spacing={2} onSubmit={submit} sx={{ mt: 2.5 }}>
        {/* For password managers. */}
        <input type="text" autoComplete="username" value={viewer.email} readOnly hidden />
        {currentPassword === '' && (
          <TextField
            label="One-time password"
            type="password"
            autoComplete="current-password"
            required
            value={current}
            onChange={(event) => setCurrent(event.target.value)}
          />
        )}
        <TextField
          label="New password"
          type="password"
          autoComplete="new-password"
          required
          autoFocus
          value={chosen}
          onChange={(event) => setChosen(event.target.value)}
        />
        <TextField
          label="New password again"
          type="password"
          autoComplete="new-password"
          required
          error={differs}
          helperText={differs ? 'The passwords do not match.' : undefined}
          value={repeated}
          onChange={(event) => setRepeated(event.target.value)}
        />
        <UserErrors errors={data?.changePassword.userErrors} />
        {error && <Problem error={error} />}
        {chosen !== '' && chosen === current && (
          <Alert severity="warning">Choose a password that differs from the one-time password.</Alert>
        )}
        <Stack direction="row" spacing={1} sx={{ justifyContent: 'space-between' }}>
          <SignOutButton viewerId={viewer.id} />
          <Button type="submit" variant="contained" loading={loading}>
            Set password
          </Button>
        </Stack>
      </Stack>
    </AccountPage>
  );
}
