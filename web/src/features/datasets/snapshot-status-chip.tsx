import { Chip } from '@mui/material';
import type { DatasetSnapshotStatus } from '../../graphql/graphql.js';
import { snapshotStatusLabels } from '../../ui/labels.js';

const colours = {
  INGESTING: 'info',
  READY: 'success',
  REJECTED: 'error',
  FAILED: 'error',
} as const satisfies Record<DatasetSnapshotStatus, string>;

export function SnapshotStatusChip({ status }: { status: DatasetSnapshotStatus }) {
  return (
    <Chip size="small" variant="outlined" color={colours[status]} label={snapshotStatusLabels[status]} />
  );
}
