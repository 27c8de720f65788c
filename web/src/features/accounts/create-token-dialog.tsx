import { useMutation } from '@apollo/client/react';
import {
  Checkbox,
  FormControl,
  FormControlLabel,
  FormGroup,
  FormHelperText,
  FormLabel,
  MenuItem,
  TextField,
} from '@mui/material';
import { useState } from 'react';
import type { ApiTokenScope } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { FormDialog } from '../../ui/form-dialog.js';
import { scopeLabels } from './scope-labels.js';

const createTokenMutation = graphql(`
  mutation CreateApiToken($input: CreateApiTokenInput!) {
    createApiToken(input: $input) {
      token {
        id
      }
      secret
      userErrors {
        code
        message
      }
    }
  }
`);

const DAY_MS = 24 * 3600 * 1000;
/** Days until a token expires; 0: never. */
const lifetimes = [30, 90, 365, 0];
const scopes: ApiTokenScope[] = [
  'READ_HISTORY',
  'CLASSIFY',
  'REVIEW',
  'INGEST',
  'TRAIN',
  'PROMOTE',
  'ADMINISTER',
];

interface CreateTokenDialogProps {
  onCreated: (secret: string) => void;
  onClose: () => void;
}

/** Creates an API token of the viewer; its secret goes to the page that opened the dialog. */
export function CreateTokenDialog({ onCreated, onClose }: CreateTokenDialogProps) {
  const [name, setName] = useState('');
  const [days, setDays] = useState(90);
  const [chosen, setChosen] = useState<ApiTokenScope[]>(['READ_HISTORY', 'CLASSIFY']);
  const [create, mutation] = useMutation(createTokenMutation, {
    onCompleted: ({ createApiToken: { secret } }) => {
      if (secret != null) onCreated(secret);
    },
  });
  const submit = () => {
    const expiresAt = days === 0 ? null : new Date(Date.now() + days * DAY_MS).toISOString();
    void create({ variables: { input: { name, scopes: chosen, expiresAt } } }).catch(() => undefined);
  };
  return (
    <FormDialog
      title="New API token"
      action="Create"
      disabled={chosen.length === 0}
      mutation={mutation}
      userErrors={mutation.data?.createApiToken.userErrors}
      onSubmit={submit}
      onClose={onClose}
    >
      <TextField
        label="Name"
        required
        autoFocus
        helperText="The program that will use it."
        value={name}
        onChange={(event) => setName(event.target.value)}
      />
      <FormControl component="fieldset">
        <FormLabel component="legend">The program may</FormLabel>
        <FormGroup>
          {scopes.map((scope) => (
            <FormControlLabel
              key={scope}
              control={
                <Checkbox
                  checked={chosen.includes(scope)}
                  onChange={(event) =>
                    setChosen(
                      scopes.filter((known) =>
                        known === scope ? event.target.checked : chosen.includes(known),
                      ),
                    )
                  }
                />
              }
              label={scopeLabels[scope]}
            />
          ))}
        </FormGroup>
        <FormHelperText>Never more than your own roles allow.</FormHelperText>
      </FormControl>
      <TextField
        select
        label="Expires"
        value={days}
        onChange={(event) => setDays(Number(event.target.value))}
      >
        {lifetimes.map((lifetime) => (
          <MenuItem key={lifetime} value={lifetime}>
            {lifetime === 0 ? 'Never' : `In ${lifetime} days`}
          </MenuItem>
        ))}
      </TextField>
    </FormDialog>
  );
}
