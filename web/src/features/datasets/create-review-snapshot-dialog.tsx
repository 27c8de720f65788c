import { useMutation } from '@apollo/client/react';
import { Checkbox, FormControlLabel, TextField, Typography } from '@mui/material';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { graphql } from '../../graphql/index.js';
import { FormDialog } from '../../ui/form-dialog.js';
import { startOfDay } from '../../ui/start-of-day.js';

const createSnapshotMutation = graphql(`
  mutation CreateReviewSnapshot($input: CreateDatasetSnapshotInput!) {
    createDatasetSnapshot(input: $input) {
      datasetSnapshot {
        ...SnapshotCard
      }
      userErrors {
        code
        message
      }
    }
  }
`);

interface CreateReviewSnapshotDialogProps {
  /** The snapshot whose images the new one has too. Default: none. */
  base?: { id: string; name: string; version: number };
  onClose: () => void;
}

/** Starts the creation of a snapshot of reviewed predictions, then opens its page. */
export function CreateReviewSnapshotDialog({ base, onClose }: CreateReviewSnapshotDialogProps) {
  const navigate = useNavigate();
  const [name, setName] = useState(base ? `${base.name}-and-reviews`.slice(0, 64) : '');
  const [since, setSince] = useState('');
  const [withChosen, setWithChosen] = useState(false);
  const [create, mutation] = useMutation(createSnapshotMutation, {
    onCompleted: ({ createDatasetSnapshot }) => {
      const { datasetSnapshot } = createDatasetSnapshot;
      if (!datasetSnapshot) return;
      onClose();
      void navigate(`/datasets/${datasetSnapshot.id}`);
    },
  });

  const submit = () => {
    const reviews = {
      baseSnapshotId: base?.id,
      from: startOfDay(since),
      origins: withChosen
        ? (['RANDOM_SAMPLE', 'WHOLE_SET', 'WORKLIST', 'CORRECTION'] as const).slice()
        : undefined,
    };
    const input = { name: name.trim(), source: 'reviews', reviews };
    void create({ variables: { input } }).catch(() => undefined);
  };

  return (
    <FormDialog
      title="New snapshot of reviews"
      action="Create"
      mutation={mutation}
      userErrors={mutation.data?.createDatasetSnapshot.userErrors}
      onSubmit={submit}
      onClose={onClose}
    >
      <Typography>
        {base && `The images of ${base.name} version ${base.version}, and: `}
        The reviewed predictions of your sites, each with its final label. Cells that reviewers could not
        label are left out. Each case is one group, under a pseudonym.
      </Typography>
      <TextField
        label="Name"
        required
        autoFocus
        helperText="An existing name adds a version to that dataset."
        value={name}
        onChange={(event) => setName(event.target.value)}
      />
      <TextField
        label="Reviewed since (optional)"
        type="date"
        slotProps={{ inputLabel: { shrink: true } }}
        value={since}
        onChange={(event) => setSince(event.target.value)}
      />
      <FormControlLabel
        control={<Checkbox checked={withChosen} onChange={(event) => setWithChosen(event.target.checked)} />}
        label="Include cells that were reviewed because of their prediction. They are not a fair sample."
      />
    </FormDialog>
  );
}
