import { Alert, Button, Stack } from '@mui/material';
import type { ReactNode } from 'react';
import { FailedJob } from './failed-job.js';
import type { JobStatus } from './labels.js';
import { Problem } from './problem.js';
import { Section } from './section.js';
import { UserErrors } from './user-errors.js';

interface JobStateProps {
  status: JobStatus;
  /** Why the job failed. Shown for FAILED. */
  failure: string;
  /** What is kept of a cancelled job. Shown for CANCELLED. */
  cancelled: string;
  /** The text and the action of the cancel button. Null for users who may not cancel. */
  cancel: { action: string; run: () => Promise<unknown> } | null;
  /** Puts a failed job back into the queue. Null for users who may not do that. */
  onContinue: (() => Promise<unknown>) | null;
  /** The state of the mutation that cancels or continues, as `useMutation` returns it. */
  mutation: { loading: boolean; error?: unknown };
  userErrors: readonly { message: string }[] | undefined;
  /** The progress of the job. Shown while it is queued or running. */
  children: ReactNode;
}

/** The progress of a job with a cancel button, or why the job stopped. Empty for a job that succeeded. */
export function JobState({
  status,
  failure,
  cancelled,
  cancel,
  onContinue,
  mutation,
  userErrors,
  children,
}: JobStateProps) {
  const { loading, error } = mutation;
  switch (status) {
    case 'SUCCEEDED':
      return null;
    case 'FAILED':
      return <FailedJob {...{ failure, onContinue, mutation, userErrors }} />;
    case 'CANCELLED':
      return <Alert severity="info">{cancelled}</Alert>;
    case 'QUEUED':
    case 'RUNNING':
      return (
        <Section
          title={status === 'QUEUED' ? 'Waiting for a worker' : 'In progress'}
          actions={
            cancel && (
              <Button
                color="error"
                loading={loading}
                onClick={() => void cancel.run().catch(() => undefined)}
              >
                {cancel.action}
              </Button>
            )
          }
        >
          <Stack spacing={1}>
            {children}
            <UserErrors errors={userErrors} />
            {Boolean(error) && <Problem error={error} />}
          </Stack>
        </Section>
      );
  }
}
