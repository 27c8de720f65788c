import { Box, Link, Paper, Stack, Typography } from '@mui/material';
import { Link as RouterLink } from 'react-router';
import type { SnapshotCardFragment } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { Code } from '../../ui/code.js';
import { DateTime } from '../../ui/date-time.js';
import { count } from '../../ui/format.js';
import { IngestionProgress } from './ingestion-progress.js';
import { LabelBar } from './label-bar.js';
import { SnapshotStatusChip } from './snapshot-status-chip.js';

export const snapshotCardFragment = graphql(`
  fragment SnapshotCard on DatasetSnapshot {
    id
    name
    version
    status
    progress
    source
    itemCount
    createdAt
    labelCounts {
      label
      count
    }
  }
`);

/** A snapshot in the list: its contents and the progress of its ingestion. */
export function SnapshotCard({ snapshot }: { snapshot: SnapshotCardFragment }) {
  return (
    <Paper component="li" sx={{ p: 2 }}>
      <Stack direction="row" useFlexGap spacing={1} sx={{ flexWrap: 'wrap', alignItems: 'center' }}>
        <Typography variant="h2">
          <Link component={RouterLink} to={`/datasets/${snapshot.id}`} underline="hover">
            {snapshot.name} version {snapshot.version}
          </Link>
        </Typography>
        <SnapshotStatusChip status={snapshot.status} />
        <Box sx={{ flex: 1 }} />
        <Typography variant="body2" color="textSecondary">
          {count(snapshot.itemCount, 'image')} · <DateTime iso={snapshot.createdAt} />
        </Typography>
      </Stack>
      <Typography variant="body2" color="textSecondary" sx={{ my: 0.75 }}>
        <Code>{snapshot.source}</Code>
      </Typography>
      {snapshot.status === 'INGESTING' && <IngestionProgress progress={snapshot.progress} />}
      <LabelBar labelCounts={snapshot.labelCounts} />
    </Paper>
  );
}
