import { useMutation } from '@apollo/client/react';
import { TextField } from '@mui/material';
import { useState } from 'react';
import type { SavedViewPage } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { FormDialog } from '../../ui/form-dialog.js';
import { savedViewsQuery } from './saved-views-query.js';

const saveViewMutation = graphql(`
  mutation SaveView($input: SaveViewInput!) {
    saveView(input: $input) {
      savedView {
        id
        page
        name
        filters
      }
      userErrors {
        code
        message
      }
    }
  }
`);

interface SaveViewDialogProps {
  page: SavedViewPage;
  filters: string;
  /** The names of the user's views of this page. */
  taken: readonly string[];
  onClose: () => void;
}

/** Asks for the name of a view, and saves it. */
export function SaveViewDialog({ page, filters, taken, onClose }: SaveViewDialogProps) {
  const [name, setName] = useState('');
  const [save, mutation] = useMutation(saveViewMutation, {
    refetchQueries: [savedViewsQuery],
    onCompleted: ({ saveView }) => {
      if (saveView.savedView) onClose();
    },
  });
  const isTaken = taken.includes(name.trim());
  return (
    <FormDialog
      title="Save these filters"
      action={isTaken ? 'Replace' : 'Save'}
      disabled={name.trim() === ''}
      mutation={mutation}
      userErrors={mutation.data?.saveView.userErrors}
      onSubmit={() => void save({ variables: { input: { page, name, filters } } }).catch(() => undefined)}
      onClose={onClose}
    >
      <TextField
        label="Name"
        value={name}
        onChange={(event) => setName(event.target.value)}
        autoFocus
        helperText={
          isTaken
            ? 'You have a view with this name. It gets the new filters.'
            : 'Only you see your saved views, on every device.'
        }
        slotProps={{ htmlInput: { maxLength: 100, autoComplete: 'off' } }}
      />
    </FormDialog>
  );
}
