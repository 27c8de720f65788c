import { Stack, Typography } from '@mui/material';
import { FailedIcon, PassedIcon } from '../../ui/icons.js';

interface GateResult {
  gate: string;
  passed: boolean;
  message: string;
}

/** The results of the promotion checks, failed checks first. */
export function GateResults({ results }: { results: readonly GateResult[] }) {
  if (results.length === 0) return null;
  const failedFirst = results.toSorted((a, b) => Number(a.passed) - Number(b.passed));
  return (
    <Stack component="ul" aria-label="Checks" spacing={0.25} sx={{ listStyle: 'none', p: 0, m: 0, mt: 0.5 }}>
      {failedFirst.map(({ gate, passed, message }) => (
        <Stack component="li" key={gate} direction="row" spacing={0.75}>
          {passed ? (
            <PassedIcon color="success" sx={{ fontSize: 18 }} titleAccess="Passed" />
          ) : (
            <FailedIcon color="error" sx={{ fontSize: 18 }} titleAccess="Failed" />
          )}
          <Typography variant="body2" sx={{ minWidth: 0, overflowWrap: 'anywhere' }}>
            {message}
          </Typography>
        </Stack>
      ))}
    </Stack>
  );
}
