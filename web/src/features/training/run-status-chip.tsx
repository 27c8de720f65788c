import { Chip } from '@mui/material';
import type { TrainingRunStatus } from '../../graphql/graphql.js';

const looks = {
  QUEUED: { label: 'Queued', color: 'default' },
  RUNNING: { label: 'Running', color: 'info' },
  SUCCEEDED: { label: 'Succeeded', color: 'success' },
  FAILED: { label: 'Failed', color: 'error' },
  CANCELLED: { label: 'Cancelled', color: 'default' },
} as const satisfies Record<TrainingRunStatus, unknown>;

export function RunStatusChip({ status }: { status: TrainingRunStatus }) {
  return <Chip size="small" variant="outlined" {...looks[status]} />;
}
