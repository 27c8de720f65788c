import { useMutation } from '@apollo/client/react';
import {
  Button,
  Checkbox,
  Dialog,
  DialogActions,
  DialogContent,
  DialogTitle,
  FormControl,
  FormControlLabel,
  FormLabel,
  Radio,
  RadioGroup,
  Stack,
  TextField,
} from '@mui/material';
import { type SubmitEvent, useState } from 'react';
import { useMay } from '../../app/viewer.js';
import type { ModelAlias } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { Problem } from '../../ui/problem.js';
import { UserErrors } from '../../ui/user-errors.js';
import { GateResults } from './gate-results.js';

const promoteMutation = graphql(`
  mutation PromoteModelVersion($input: PromoteModelVersionInput!) {
    promoteModelVersion(input: $input) {
      promotion {
        id
        model {
          ...ModelStanding
        }
        from {
          id
          aliases
        }
        gateResults {
          gate
          passed
          message
        }
      }
      userErrors {
        code
        message
      }
    }
  }
`);

interface PromoteDialogProps {
  version: { id: string; version: number; model: { name: string } };
  onClose: () => void;
}

/** Gives a version an alias: a reason is asked for, and the gates say what speaks against it. */
export function PromoteDialog({ version, onClose }: PromoteDialogProps) {
  const [alias, setAlias] = useState<ModelAlias>('CHAMPION');
  const [reason, setReason] = useState('');
  const [overrideGates, setOverrideGates] = useState(false);
  const mayOverride = useMay('override gates');
  const [promote, { data, error, loading }] = useMutation(promoteMutation, {
    onCompleted: ({ promoteModelVersion }) => {
      if (promoteModelVersion.promotion) onClose();
    },
  });
  const payload = data?.promoteModelVersion;
  const gateFailed = payload?.userErrors.some(({ code }) => code === 'GATE_FAILED') ?? false;

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const input = {
      modelVersionId: version.id,
      alias,
      reason: reason.trim(),
      overrideGates: overrideGates || undefined,
    };
    void promote({ variables: { input } }).catch(() => undefined);
  };

  return (
    <Dialog open onClose={onClose} fullWidth maxWidth="sm" aria-labelledby="promote-title">
      <form onSubmit={submit}>
        <DialogTitle id="promote-title">
          Promote {version.model.name} version {version.version}
        </DialogTitle>
        <DialogContent>
          <Stack spacing={2}>
            <FormControl>
              <FormLabel id="promote-alias">To</FormLabel>
              <RadioGroup
                aria-labelledby="promote-alias"
                value={alias}
                onChange={(_, value) => setAlias(value === 'CHALLENGER' ? 'CHALLENGER' : 'CHAMPION')}
              >
                <FormControlLabel
                  value="CHAMPION"
                  control={<Radio />}
                  label="Champion: it answers from the next image on"
                />
                <FormControlLabel
                  value="CHALLENGER"
                  control={<Radio />}
                  label="Challenger: it shadows the champion and answers nobody"
                />
              </RadioGroup>
            </FormControl>
            <TextField
              label="Reason"
              required
              autoFocus
              multiline
              minRows={2}
              helperText="Kept with the promotion: say why this version is the better one."
              value={reason}
              onChange={(event) => setReason(event.target.value)}
            />
            <UserErrors errors={payload?.userErrors} />
            <GateResults results={payload?.promotion?.gateResults ?? []} />
            {error && <Problem error={error} />}
            {mayOverride && gateFailed && (
              <FormControlLabel
                control={
                  <Checkbox
                    checked={overrideGates}
                    onChange={(event) => setOverrideGates(event.target.checked)}
                  />
                }
                label="Promote all the same. The override is recorded with your name and the reason."
              />
            )}
          </Stack>
        </DialogContent>
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="contained" loading={loading}>
            Promote
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
