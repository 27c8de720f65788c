import { Chip } from '@mui/material';

const looks = {
  QUEUED: { label: 'Queued', color: 'default' },
  RUNNING: { label: 'Running', color: 'info' },
  SUCCEEDED: { label: 'Succeeded', color: 'success' },
  FAILED: { label: 'Failed', color: 'error' },
  CANCELLED: { label: 'Cancelled', color: 'default' },
} as const;

/** How it stands with something that a worker does. */
export function JobStatusChip({ status }: { status: keyof typeof looks }) {
  return <Chip size="small" variant="outlined" {...looks[status]} />;
}
