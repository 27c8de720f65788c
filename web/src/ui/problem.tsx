import { Alert, Button } from '@mui/material';
import { describeError } from './describe-error.js';

/** An error message, with a button to try again if `retry` is given. */
export function Problem({ error, retry }: { error: unknown; retry?: () => void }) {
  return (
    <Alert
      severity="error"
      action={
        retry && (
          <Button color="inherit" size="small" onClick={retry}>
            Try again
          </Button>
        )
      }
    >
      {describeError(error)}
    </Alert>
  );
}
