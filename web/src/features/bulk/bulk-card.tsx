import { Box, Link, Paper, Stack, Typography } from '@mui/material';
import { Link as RouterLink } from 'react-router';
import type { BulkFragment } from '../../graphql/graphql.js';
import { DateTime } from '../../ui/date-time.js';
import { count } from '../../ui/format.js';
import { JobStatusChip } from '../../ui/job-status-chip.js';
import { BulkProgress } from './bulk-progress.js';

/** A folder in the list: its model version, status and progress. */
export function BulkCard({ bulk }: { bulk: BulkFragment }) {
  const { modelVersion, status } = bulk;
  return (
    <Paper component="li" sx={{ p: 2 }}>
      <Stack direction="row" useFlexGap spacing={1} sx={{ flexWrap: 'wrap', alignItems: 'center' }}>
        <Typography variant="h2" sx={{ overflowWrap: 'anywhere' }}>
          <Link component={RouterLink} to={`/folders/${bulk.id}`} underline="hover">
            {bulk.erasedAt ? 'Erased folder' : bulk.source}
          </Link>
        </Typography>
        <JobStatusChip status={status} />
        <Box sx={{ flex: 1 }} />
        <Typography variant="body2" color="textSecondary">
          <DateTime iso={bulk.createdAt} />
        </Typography>
      </Stack>
      <Stack direction="row" useFlexGap sx={{ flexWrap: 'wrap', columnGap: 2, rowGap: 0.5, my: 0.75 }}>
        <Typography variant="body2">
          Classified by{' '}
          <Link component={RouterLink} to={`/model-versions/${modelVersion.id}`}>
            {modelVersion.model.name} version {modelVersion.version}
          </Link>
        </Typography>
        {bulk.caseReference && <Typography variant="body2">Case reference {bulk.caseReference}</Typography>}
        {bulk.doneCount > 0 && <Typography variant="body2">{count(bulk.doneCount, 'prediction')}</Typography>}
        {bulk.failedCount > 0 && (
          <Typography variant="body2" color="error">
            {count(bulk.failedCount, 'file')} could not be read
          </Typography>
        )}
      </Stack>
      {(status === 'QUEUED' || status === 'RUNNING') && <BulkProgress bulk={bulk} />}
    </Paper>
  );
}
