import { useMutation } from '@apollo/client/react';
import { Checkbox, FormControlLabel, TextField } from '@mui/material';
import { useState } from 'react';
import { graphql } from '../../graphql/index.js';
import { FormDialog } from '../../ui/form-dialog.js';

const changeOwnPasswordMutation = graphql(`
  mutation ChangeOwnPassword($currentPassword: String!, $newPassword: String!, $keepApiTokens: Boolean) {
    changePassword(
      currentPassword: $currentPassword
      newPassword: $newPassword
      keepApiTokens: $keepApiTokens
    ) {
      viewer {
        id
        passwordIsOneTime
      }
      userErrors {
        code
        message
      }
    }
  }
`);

interface ChangePasswordDialogProps {
  email: string;
  onChanged: () => void;
  onClose: () => void;
}

/** Changes the viewer's password; other sessions end, and tokens too unless they are kept. */
export function ChangePasswordDialog({ email, onChanged, onClose }: ChangePasswordDialogProps) {
  const [current, setCurrent] = useState('');
  const [chosen, setChosen] = useState('');
  const [repeated, setRepeated] = useState('');
  const [keepApiTokens, setKeepApiTokens] = useState(false);
  const [change, mutation] = useMutation(changeOwnPasswordMutation, {
    onCompleted: ({ changePassword }) => {
      if (changePassword.viewer) onChanged();
    },
  });
  const differs = repeated !== '' && repeated !== chosen;
  return (
    <FormDialog
      title="Change password"
      action="Change password"
      disabled={chosen !== repeated}
      mutation={mutation}
      userErrors={mutation.data?.changePassword.userErrors}
      onSubmit={() =>
        void change({ variables: { currentPassword: current, newPassword: chosen, keepApiTokens } }).catch(
          () => undefined,
        )
      }
      onClose={onClose}
    >
      <input type="text" autoComplete="username" value={email} readOnly hidden />
      <TextField
        label="Current password"
        type="password"
        autoComplete="current-password"
        required
        autoFocus
        value={current}
        onChange={(event) => setCurrent(event.target.value)}
      />
      <TextField
        label="New password"
        type="password"
        autoComplete="new-password"
        required
        helperText="At least 12 characters."
        value={chosen}
        onChange={(event) => setChosen(event.target.value)}
      />
      <TextField
        label="New password again"
        type="password"
        autoComplete="new-password"
        required
        error={differs}
        helperText={differs ? 'The two new passwords differ.' : undefined}
        value={repeated}
        onChange={(event) => setRepeated(event.target.value)}
      />
      <FormControlLabel
        control={
          <Checkbox checked={keepApiTokens} onChange={(event) => setKeepApiTokens(event.target.checked)} />
        }
        label="Keep my API tokens. Otherwise they are revoked."
      />
    </FormDialog>
  );
}
