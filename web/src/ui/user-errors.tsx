import { Alert, Stack } from '@mui/material';

interface UserError {
  message: string;
}

/** The errors that the user can correct, one alert each. Empty if there are none. */
export function UserErrors({ errors }: { errors: readonly UserError[] | undefined }) {
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
