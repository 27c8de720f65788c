import type { JobStatus } from './labels.js';

/** Whether a job is queued or running. */
export function isUnderWay({ status }: { status: JobStatus }): boolean {
  return status === 'QUEUED' || status === 'RUNNING';
}
