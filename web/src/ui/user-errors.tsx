import { Alert, Stack } from '@mui/material';

interface Mendable {
  message: string;
}

/** What the server says the caller can mend, one sentence each; nothing when there is nothing. */
export function UserErrors({ errors }: { errors: readonly Mendable[] | undefined }) {
  if (!errors?.length) return null;
  return (
    <Stack spacing={1}>
      {errors.map(({ message }) => (
        <Alert key={message} severity="error" sx={{ whiteSpace: 'pre-line', overflowWrap: 'anywhere' }}>
          {message}
        </Alert>
      ))}
    </Stack>
  );
}
