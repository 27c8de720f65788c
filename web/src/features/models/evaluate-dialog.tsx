import { useMutation, useQuery } from '@apollo/client/react';
import {
  Button,
  Dialog,
  DialogActions,
  DialogContent,
  DialogTitle,
  MenuItem,
  Stack,
  TextField,
  Typography,
} from '@mui/material';
import { type SubmitEvent, useState } from 'react';
import { graphql } from '../../graphql/index.js';
import { DialogForm } from '../../ui/dialog-form.js';
import { count } from '../../ui/format.js';
import { Problem } from '../../ui/problem.js';
import { UserErrors } from '../../ui/user-errors.js';

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

/** Measures a version on a snapshot that it has not learned from; the server says where it has. */
export function EvaluateDialog({ version, onClose }: EvaluateDialogProps) {
  const [snapshotId, setSnapshotId] = useState('');
  const choices = useQuery(evaluationChoicesQuery, { fetchPolicy: 'network-only' });
  const snapshots = (choices.data?.datasetSnapshots.edges ?? [])
    .map(({ node }) => node)
    .filter(({ status }) => status === 'READY');
  const [evaluate, { data, error, loading, reset }] = useMutation(evaluateMutation, {
    onCompleted: ({ evaluateModelVersion }) => {
      if (evaluateModelVersion.evaluation) onClose();
    },
  });

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const input = { modelVersionId: version.id, datasetSnapshotId: snapshotId };
    void evaluate({ variables: { input } }).catch(() => undefined);
  };

  return (
    <Dialog open onClose={onClose} fullWidth maxWidth="sm" aria-labelledby="evaluate-title">
      <DialogForm onSubmit={submit}>
        <DialogTitle id="evaluate-title">
          Evaluate {version.model.name} version {version.version}
        </DialogTitle>
        <DialogContent>
          <Stack spacing={2} sx={{ pt: 1 }}>
            <Typography variant="body2" color="textSecondary">
              Every image is answered as it would be in use, and the answers are held against the labels. Only
              patients that the version has not learned from say how it will do.
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
                reset();
              }}
            >
              {snapshots.map(({ id, name, version: of, itemCount }) => (
                <MenuItem key={id} value={id}>
                  {name} version {of} ({count(itemCount, 'image')})
                </MenuItem>
              ))}
            </TextField>
            <UserErrors errors={data?.evaluateModelVersion.userErrors} />
            {error && <Problem error={error} />}
          </Stack>
        </DialogContent>
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="contained" loading={loading} disabled={!snapshotId}>
            Evaluate
          </Button>
        </DialogActions>
      </DialogForm>
    </Dialog>
  );
}
