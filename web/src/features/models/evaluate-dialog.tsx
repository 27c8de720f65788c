import { useMutation, useQuery } from '@apollo/client/react';
import { MenuItem, TextField, Typography } from '@mui/material';
import { useState } from 'react';
import { graphql } from '../../graphql/index.js';
import { FormDialog } from '../../ui/form-dialog.js';
import { count } from '../../ui/format.js';
import { Problem } from '../../ui/problem.js';

const evaluationChoicesQuery = graphql(`
  query EvaluationChoices {
    datasetSnapshots(first: 200) {
      edges {
        node {
          id
          name
          version
          status
          itemCount
        }
      }
    }
  }
`);

const evaluateMutation = graphql(`
  mutation EvaluateModelVersion($input: EvaluateModelVersionInput!) {
    evaluateModelVersion(input: $input) {
      evaluation {
        id
        modelVersion {
          id
          evaluations {
            ...EvaluationFigures
          }
        }
      }
      userErrors {
        code
        message
      }
    }
  }
`);

interface EvaluateDialogProps {
  version: { id: string; version: number; model: { name: string } };
  onClose: () => void;
}

/** Starts the evaluation of a version on a snapshot. The server refuses a snapshot that the version was trained on. */
export function EvaluateDialog({ version, onClose }: EvaluateDialogProps) {
  const [snapshotId, setSnapshotId] = useState('');
  const choices = useQuery(evaluationChoicesQuery, { fetchPolicy: 'network-only' });
  const snapshots = (choices.data?.datasetSnapshots.edges ?? [])
    .map(({ node }) => node)
    .filter(({ status }) => status === 'READY');
  const [evaluate, mutation] = useMutation(evaluateMutation, {
    onCompleted: ({ evaluateModelVersion }) => {
      if (evaluateModelVersion.evaluation) onClose();
    },
  });

  const submit = () => {
    const input = { modelVersionId: version.id, datasetSnapshotId: snapshotId };
    void evaluate({ variables: { input } }).catch(() => undefined);
  };

  return (
    <FormDialog
      title={`Evaluate ${version.model.name} version ${version.version}`}
      action="Evaluate"
      disabled={!snapshotId}
      mutation={mutation}
      userErrors={mutation.data?.evaluateModelVersion.userErrors}
      onSubmit={submit}
      onClose={onClose}
    >
      <Typography variant="body2" color="textSecondary">
        The version classifies every image as in normal use, and its results are compared with the labels.
        Choose images of patients that are not in the training data: only they show how well the version will
        perform on new patients.
      </Typography>
      {choices.error && <Problem error={choices.error} retry={() => void choices.refetch()} />}
      <TextField
        select
        label="Snapshot"
        required
        disabled={!choices.data || snapshots.length === 0}
        helperText={choices.data && snapshots.length === 0 ? 'No snapshot is ready yet.' : undefined}
        value={snapshotId}
        onChange={(event) => {
          setSnapshotId(event.target.value);
          mutation.reset();
        }}
      >
        {snapshots.map(({ id, name, version: of, itemCount }) => (
          <MenuItem key={id} value={id}>
            {name} version {of} ({count(itemCount, 'image')})
          </MenuItem>
        ))}
      </TextField>
    </FormDialog>
  );
}
