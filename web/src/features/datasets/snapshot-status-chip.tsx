import { Chip } from '@mui/material';
import type { DatasetSnapshotStatus } from '../../graphql/graphql.js';

const looks = {
  INGESTING: { label: 'Reading images', color: 'info' },
  READY: { label: 'Ready', color: 'success' },
  REJECTED: { label: 'Rejected', color: 'error' },
  FAILED: { label: 'Failed', color: 'error' },
} as const satisfies Record<DatasetSnapshotStatus, unknown>;

export function SnapshotStatusChip({ status }: { status: DatasetSnapshotStatus }) {
  return <Chip size="small" variant="outlined" {...looks[status]} />;
}
