import { Chip } from '@mui/material';
import { type JobStatus, jobStatusLabels } from './labels.js';

const colours = {
  QUEUED: 'default',
  RUNNING: 'info',
  SUCCEEDED: 'success',
  FAILED: 'error',
  CANCELLED: 'default',
} as const satisfies Record<JobStatus, string>;

/** The status of a background job: an ingestion, a folder, an evaluation or a training run. */
export function JobStatusChip({ status }: { status: JobStatus }) {
  return <Chip size="small" variant="outlined" color={colours[status]} label={jobStatusLabels[status]} />;
}
