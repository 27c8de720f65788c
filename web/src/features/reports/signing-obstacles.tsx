import { Alert, Box } from '@mui/material';

/** What is missing before a report can be signed. */
export function SigningObstacles({ obstacles }: { obstacles: readonly string[] }) {
  if (obstacles.length === 0) return <Alert severity="success">The report can be signed.</Alert>;
  return (
    <Alert severity="info">
      Before the report can be signed:
      <Box component="ul" sx={{ m: 0, pl: 2.5 }}>
        {obstacles.map((obstacle) => (
          <li key={obstacle}>{obstacle}</li>
        ))}
      </Box>
    </Alert>
  );
}
