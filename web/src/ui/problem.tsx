import { Alert, Button } from '@mui/material';
import { describeError } from './describe-error.js';

/** An error that kept something from being shown or done, with the way to try again. */
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
