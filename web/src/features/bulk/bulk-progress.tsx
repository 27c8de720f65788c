import { LinearProgress, Stack, Typography } from '@mui/material';
import type { BulkFragment } from '../../graphql/graphql.js';
import { count } from '../../ui/format.js';

/** The progress of a folder that is waiting or running. */
export function BulkProgress({ bulk }: { bulk: BulkFragment }) {
  return (
    <Stack spacing={0.75}>
      <LinearProgress
        aria-label={`Progress of ${bulk.source}`}
        variant={bulk.status === 'RUNNING' && bulk.itemCount !== null ? 'determinate' : 'indeterminate'}
        value={bulk.progress * 100}
        sx={{ height: 6, borderRadius: 3 }}
      />
      <Typography variant="body2" color="textSecondary">
        {progressText(bulk)}
      </Typography>
    </Stack>
  );
}

function progressText({ status, itemCount, doneCount, failedCount, progress }: BulkFragment): string {
  if (status === 'QUEUED') return 'Starts when a worker is free.';
  if (itemCount === null) return 'Counting the images …';
  const processed = (doneCount + failedCount).toLocaleString();
  return `${Math.floor(progress * 100)} %: ${processed} of ${count(itemCount, 'image')}`;
}
