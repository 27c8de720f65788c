import { useMutation } from '@apollo/client/react';
import {
  Checkbox,
  FormControl,
  FormControlLabel,
  FormHelperText,
  FormLabel,
  Radio,
  RadioGroup,
  Typography,
} from '@mui/material';
import { useState } from 'react';
import { useMay } from '../../session/viewer.js';
import type { ModelAlias } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { ReasonDialog } from '../../ui/reason-dialog.js';
import { PromotionChecks, usePromotionChecks } from './promotion-checks.js';

const promoteMutation = graphql(`
  mutation PromoteModelVersion($input: PromoteModelVersionInput!) {
    promoteModelVersion(input: $input) {
      ...PromotionResult
    }
  }
`);

interface PromoteDialogProps {
  version: { id: string; version: number; model: { name: string } };
  onClose: () => void;
}

/** Promotes a version to an alias. It shows the results of the promotion checks and requires a reason. */
export function PromoteDialog({ version, onClose }: PromoteDialogProps) {
  const [alias, setAlias] = useState<ModelAlias>('CHAMPION');
  const [overrideGates, setOverrideGates] = useState(false);
  const mayOverride = useMay('override gates');
  const checks = usePromotionChecks(version.id, alias);
  const { anyFails } = checks;
  const [promote, mutation] = useMutation(promoteMutation, {
    onCompleted: ({ promoteModelVersion }) => {
      if (promoteModelVersion.promotion) onClose();
    },
  });
  const submit = (reason: string) => {
    const input = {
      modelVersionId: version.id,
      alias,
      reason,
      overrideGates: (anyFails && overrideGates) || undefined,
    };
    void promote({ variables: { input } }).catch(() => undefined);
  };

  return (
    <ReasonDialog
      title={`Promote ${version.model.name} version ${version.version}`}
      hint="Why this version is better. Stored in the promotion history."
      action="Promote"
      mutation={mutation}
      userErrors={mutation.data?.promoteModelVersion.userErrors}
      onSubmit={submit}
      onClose={onClose}
    >
      <FormControl>
        <FormLabel id="promote-alias">Promote to</FormLabel>
        <RadioGroup
          aria-labelledby="promote-alias"
          value={alias}
          onChange={(_, value) => setAlias(value === 'CHALLENGER' ? 'CHALLENGER' : 'CHAMPION')}
        >
          <FormControlLabel
            value="CHAMPION"
            control={<Radio />}
            label="Champion: classifies all images from now on"
          />
          <FormControlLabel
            value="CHALLENGER"
            control={<Radio />}
            label="Challenger: runs on a sample of the champion’s images for comparison only"
          />
        </RadioGroup>
      </FormControl>
      <PromotionChecks checks={checks} />
      {anyFails && !mayOverride && (
        <Typography variant="body2" color="textSecondary">
          The promotion will be refused while a check fails. An administrator can override some checks.
        </Typography>
      )}
      {anyFails && mayOverride && (
        <FormControl>
          <FormControlLabel
            control={
              <Checkbox
                checked={overrideGates}
                onChange={(event) => setOverrideGates(event.target.checked)}
                slotProps={{ input: { 'aria-describedby': 'override-hint' } }}
              />
            }
            label="Promote anyway"
          />
          <FormHelperText id="override-hint">
            The override is shown permanently in the promotion history, with your name and reason.
          </FormHelperText>
        </FormControl>
      )}
    </ReasonDialog>
  );
}
