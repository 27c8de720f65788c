import { LinearProgress, Stack, Typography } from '@mui/material';

/** @param progress the fraction of the source that has been read, 0 to 1 */
export function IngestionProgress({ progress }: { progress: number }) {
  return (
    <Stack direction="row" spacing={1.5} sx={{ alignItems: 'center', my: 1 }}>
      <LinearProgress
        aria-label="Reading images"
        variant={progress > 0 ? 'determinate' : 'indeterminate'}
        value={progress * 100}
        sx={{ flex: 1, height: 6, borderRadius: 3 }}
      />
      <Typography variant="body2" sx={{ minWidth: 44, textAlign: 'right' }}>
        {Math.floor(progress * 100)} %
      </Typography>
    </Stack>
  );
}
