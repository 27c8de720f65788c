import { useMutation } from '@apollo/client/react';
import {
  Button,
  Dialog,
  DialogActions,
  DialogContent,
  DialogTitle,
  Stack,
  TextField,
  Typography,
} from '@mui/material';
import { type SubmitEvent, useState } from 'react';
import type { ModelStandingFragment } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { Problem } from '../../ui/problem.js';
import { UserErrors } from '../../ui/user-errors.js';

const rollbackMutation = graphql(`
  mutation RollbackModel($input: RollbackModelInput!) {
    rollbackModel(input: $input) {
      promotion {
        id
        model {
          ...ModelStanding
        }
        from {
          id
          aliases
        }
      }
      userErrors {
        code
        message
      }
    }
  }
`);

interface RollbackDialogProps {
  model: ModelStandingFragment;
  onClose: () => void;
}

/** One step back: the champion before this one answers again. */
export function RollbackDialog({ model, onClose }: RollbackDialogProps) {
  const [reason, setReason] = useState('');
  const [rollBack, { data, error, loading }] = useMutation(rollbackMutation, {
    onCompleted: ({ rollbackModel }) => {
      if (rollbackModel.promotion) onClose();
    },
  });

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    void rollBack({ variables: { input: { modelName: model.name, reason: reason.trim() } } }).catch(
      () => undefined,
    );
  };

  return (
    <Dialog open onClose={onClose} fullWidth maxWidth="sm" aria-labelledby="rollback-title">
      <form onSubmit={submit}>
        <DialogTitle id="rollback-title">Roll back the champion of {model.name}</DialogTitle>
        <DialogContent>
          <Stack spacing={2}>
            <Typography>
              Version {model.champion?.version} answers now. The champion before it will answer from the next
              image on, for everybody.
            </Typography>
            <TextField
              label="Reason"
              required
              autoFocus
              multiline
              minRows={2}
              helperText="Kept with the promotion: say what was seen that made this necessary."
              value={reason}
              onChange={(event) => setReason(event.target.value)}
            />
            <UserErrors errors={data?.rollbackModel.userErrors} />
            {error && <Problem error={error} />}
          </Stack>
        </DialogContent>
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="contained" color="error" loading={loading}>
            Roll back
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
