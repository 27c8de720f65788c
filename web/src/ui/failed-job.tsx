import { Alert, Button, Stack } from '@mui/material';
import { Problem } from './problem.js';
import { UserErrors } from './user-errors.js';

interface FailedJobProps {
  /** Why the job failed. */
  failure: string;
  /** Puts the job back into the queue. Null for users who may not do that. */
  onContinue: (() => Promise<unknown>) | null;
  /** The state of the mutation that continues the job, as `useMutation` returns it. */
  mutation: { loading: boolean; error?: unknown };
  userErrors: readonly { message: string }[] | undefined;
}

/** Why a job failed, with a button that continues it. */
export function FailedJob({ failure, onContinue, mutation: { loading, error }, userErrors }: FailedJobProps) {
  return (
    <Stack spacing={1}>
      <Alert
        severity="error"
        action={
          onContinue && (
            <Button
              color="inherit"
              loading={loading}
              onClick={() => void onContinue().catch(() => undefined)}
            >
              Continue
            </Button>
          )
        }
      >
        {failure}
      </Alert>
      <UserErrors errors={userErrors} />
      {Boolean(error) && <Problem error={error} />}
    </Stack>
  );
}
