import { useMutation } from '@apollo/client/react';
import { Button, Dialog, DialogActions, DialogContent, DialogTitle, Stack, TextField } from '@mui/material';
import { type SubmitEvent, useId, useState } from 'react';
import { graphql } from '../../graphql/index.js';
import { Problem } from '../../ui/problem.js';
import { UserErrors } from '../../ui/user-errors.js';
import { savedViewsQuery } from './saved-views-query.js';

const renameSavedViewMutation = graphql(`
  mutation RenameSavedView($id: ID!, $name: String!) {
    renameSavedView(id: $id, name: $name) {
      savedView {
        id
        name
      }
      userErrors {
        code
        message
      }
    }
  }
`);

const deleteSavedViewMutation = graphql(`
  mutation DeleteSavedView($id: ID!) {
    deleteSavedView(id: $id) {
      deletedId
      userErrors {
        code
        message
      }
    }
  }
`);

interface NamedView {
  id: string;
  name: string;
}

interface ManageViewsDialogProps {
  views: readonly NamedView[];
  onClose: () => void;
}

/** Renames and deletes the user's saved views of one page. */
export function ManageViewsDialog({ views, onClose }: ManageViewsDialogProps) {
  const titleId = useId();
  return (
    <Dialog open onClose={onClose} fullWidth maxWidth="sm" aria-labelledby={titleId}>
      <DialogTitle id={titleId}>Saved views</DialogTitle>
      <DialogContent>
        <Stack spacing={2} sx={{ pt: 1 }}>
          {views.map((view) => (
            <ViewRow key={view.id} view={view} />
          ))}
        </Stack>
      </DialogContent>
      <DialogActions>
        <Button onClick={onClose}>Close</Button>
      </DialogActions>
    </Dialog>
  );
}

function ViewRow({ view: { id, name } }: { view: NamedView }) {
  const [typed, setTyped] = useState(name);
  const [rename, renaming] = useMutation(renameSavedViewMutation);
  const [remove, removing] = useMutation(deleteSavedViewMutation, { refetchQueries: [savedViewsQuery] });
  const error = renaming.error ?? removing.error;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    void rename({ variables: { id, name: typed } }).catch(() => undefined);
  };
  return (
    <Stack component="form" spacing={1} aria-label={name} onSubmit={submit}>
      <Stack direction="row" spacing={1}>
        <TextField
          label="Name"
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          sx={{ flex: 1 }}
          slotProps={{ htmlInput: { maxLength: 100, autoComplete: 'off' } }}
        />
        <Button type="submit" loading={renaming.loading} disabled={typed.trim() === '' || typed === name}>
          Rename
        </Button>
        <Button
          color="error"
          loading={removing.loading}
          onClick={() => void remove({ variables: { id } }).catch(() => undefined)}
        >
          Delete
        </Button>
      </Stack>
      <UserErrors errors={renaming.data?.renameSavedView.userErrors} />
      <UserErrors errors={removing.data?.deleteSavedView.userErrors} />
      {error && <Problem error={error} />}
    </Stack>
  );
}
