import { useMutation } from '@apollo/client/react';
import { Checkbox, FormControlLabel, MenuItem, TextField } from '@mui/material';
import { useState } from 'react';
import type { DifferentialFragment } from '../../../graphql/graphql.js';
import { graphql } from '../../../graphql/index.js';
import { FormDialog } from '../../../ui/form-dialog.js';

const setDifferentialRulesMutation = graphql(`
  mutation SetDifferentialRules($input: SetDifferentialRulesInput!) {
    setDifferentialRules(input: $input) {
      case {
        id
        differential {
          ...Differential
        }
      }
      userErrors {
        code
        message
      }
    }
  }
`);

const minimums: [number, string][] = [
  [100, '100'],
  [200, '200 (leukaemia, blood)'],
  [500, '500 (leukaemia, bone marrow)'],
];

interface RulesDialogProps {
  caseId: string;
  rules: Pick<DifferentialFragment, 'minimumCells' | 'countBandsSeparately'>;
  onClose: () => void;
}

/** Changes how many white cells the differential of a case needs, and whether bands have their own row. */
export function RulesDialog({ caseId, rules, onClose }: RulesDialogProps) {
  const [minimumCells, setMinimumCells] = useState(rules.minimumCells);
  const [countBandsSeparately, setCountBandsSeparately] = useState(rules.countBandsSeparately);
  const [save, mutation] = useMutation(setDifferentialRulesMutation, {
    onCompleted: ({ setDifferentialRules: { userErrors } }) => {
      if (userErrors.length === 0) onClose();
    },
  });
  const input = { caseId, minimumCells, countBandsSeparately };
  return (
    <FormDialog
      title="Rules of the differential"
      action="Save"
      mutation={mutation}
      userErrors={mutation.data?.setDifferentialRules.userErrors}
      onSubmit={() => void save({ variables: { input } }).catch(() => undefined)}
      onClose={onClose}
    >
      <TextField
        select
        label="White cells to count, at least"
        value={minimumCells}
        onChange={(event) => setMinimumCells(Number(event.target.value))}
        autoFocus
      >
        {minimums.map(([number, text]) => (
          <MenuItem key={number} value={number}>
            {text}
          </MenuItem>
        ))}
      </TextField>
      <FormControlLabel
        control={
          <Checkbox
            checked={countBandsSeparately}
            onChange={(event) => setCountBandsSeparately(event.target.checked)}
          />
        }
        label="Count band neutrophils separately from segmented neutrophils"
      />
    </FormDialog>
  );
}
