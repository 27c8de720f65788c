import { LinearProgress, Stack, Typography } from '@mui/material';
import type { BulkFragment } from '../../graphql/graphql.js';
import { count } from '../../ui/format.js';

/** How many of a folder's images have been dealt with, while a worker is at it. */
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
        {howFar(bulk)}
      </Typography>
    </Stack>
  );
}

function howFar({ status, itemCount, doneCount, failedCount, progress }: BulkFragment): string {
  if (status === 'QUEUED') return 'It starts as soon as a worker is free.';
  if (itemCount === null) return 'Counting the images …';
  const dealtWith = (doneCount + failedCount).toLocaleString();
  return `${Math.floor(progress * 100)} %: ${dealtWith} of ${count(itemCount, 'image')}`;
}
