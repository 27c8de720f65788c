import { Alert, AlertTitle, Checkbox, FormControlLabel, Link, Stack, Typography } from '@mui/material';
import { Link as RouterLink } from 'react-router';
import { checkName } from '../datasets/check-name.js';
import type { Warning } from './use-warnings.js';

interface AcknowledgeWarningsProps {
  snapshot: { id: string; name: string; version: number };
  warnings: readonly Warning[];
  /** The acknowledged checks. */
  acknowledged: readonly string[];
  onChange: (acknowledged: string[]) => void;
}

/** The warnings of a snapshot. The user must acknowledge each of them to train on it. */
export function AcknowledgeWarnings({
  snapshot,
  warnings,
  acknowledged,
  onChange,
}: AcknowledgeWarningsProps) {
  return (
    <Alert severity="warning" variant="outlined" sx={{ '& .MuiAlert-message': { minWidth: 0 } }}>
      <AlertTitle>Warnings from validation</AlertTitle>
      <Typography variant="body2">
        To train on{' '}
        <Link component={RouterLink} to={`/datasets/${snapshot.id}`}>
          {snapshot.name} version {snapshot.version}
        </Link>
        , acknowledge each warning. The acknowledgements are stored with the run.
      </Typography>
      <Stack component="ul" spacing={1.5} sx={{ listStyle: 'none', p: 0, m: 0, mt: 1.5 }}>
        {warnings.map(({ check, messages }) => (
          <li key={check}>
            <FormControlLabel
              control={
                <Checkbox
                  size="small"
                  checked={acknowledged.includes(check)}
                  slotProps={{ input: { 'aria-describedby': `warning-${check}` } }}
                  onChange={(event) =>
                    onChange(
                      event.target.checked
                        ? [...acknowledged, check]
                        : acknowledged.filter((other) => other !== check),
                    )
                  }
                />
              }
              label={`Acknowledge: ${checkName(check)}`}
              slotProps={{ typography: { sx: { fontWeight: 650 } } }}
            />
            <Typography id={`warning-${check}`} variant="body2" sx={{ pl: 3.5, overflowWrap: 'anywhere' }}>
              {messages.join(' ')}
            </Typography>
          </li>
        ))}
      </Stack>
    </Alert>
  );
}
