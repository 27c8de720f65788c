import { Skeleton, Stack } from '@mui/material';

/** The placeholder of a page or list that is loading. */
export function Loading({ rows = 4, height = 72 }: { rows?: number; height?: number }) {
  return (
    <Stack spacing={1.5} role="status" aria-label="Loading">
      {Array.from({ length: rows }, (_, row) => (
        <Skeleton key={row} variant="rounded" height={height} />
      ))}
    </Stack>
  );
}
