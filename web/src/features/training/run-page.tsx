import { useMutation, useQuery, useSubscription } from '@apollo/client/react';
import { Alert, Button, LinearProgress, Link, Stack, Typography } from '@mui/material';
import { Link as RouterLink, useParams } from 'react-router';
import { useMay } from '../../session/viewer.js';
import type { RunDetailsFragment } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { Code } from '../../ui/code.js';
import { EmptyState } from '../../ui/empty-state.js';
import { Facts } from '../../ui/facts.js';
import { dateTime, duration, readable } from '../../ui/format.js';
import { JobStatusChip } from '../../ui/job-status-chip.js';
import { Loading } from '../../ui/loading.js';
import { Page } from '../../ui/page.js';
import { Problem } from '../../ui/problem.js';
import { Section } from '../../ui/section.js';
import { usePolling } from '../../ui/use-polling.js';
import { UserErrors } from '../../ui/user-errors.js';
import { checkName } from '../datasets/check-name.js';
import { TrainingCurves } from './training-curves.js';

export const runDetailsFragment = graphql(`
  fragment RunDetails on TrainingRun {
    id
    status
    modelName
    positiveLabel
    seed
    progress
    error
    acknowledgedFindings
    createdAt
    startedAt
    finishedAt
    parameters {
      name
      value
    }
    epochs {
      epoch
      loss
      validationLoss
      validationAuc
      seconds
    }
    datasetSnapshot {
      id
      name
      version
    }
    modelVersion {
      id
      version
    }
    createdBy {
      id
      displayName
    }
  }
`);

const runPageQuery = graphql(`
  query RunPage($id: ID!) {
    trainingRun(id: $id) {
      ...RunDetails
    }
  }
`);

const trainingRunChangedSubscription = graphql(`
  subscription TrainingRunChanged($id: ID!) {
    trainingRunChanged(id: $id) {
      ...RunDetails
    }
  }
`);

const cancelTrainingMutation = graphql(`
  mutation CancelTraining($id: ID!) {
    cancelTraining(id: $id) {
      trainingRun {
        ...RunDetails
      }
      userErrors {
        code
        message
      }
    }
  }
`);

/** One training run as it goes: progress, curves, and what came of it. */
export function RunPage() {
  const { id = '' } = useParams();
  const { data, error, refetch } = useQuery(runPageQuery, {
    variables: { id },
    fetchPolicy: 'cache-and-network',
  });
  // Each change lands in the cache under the run's id, and the query above shows it.
  useSubscription(trainingRunChangedSubscription, { variables: { id }, ignoreResults: true });
  const status = data?.trainingRun?.status;
  // A change told of while the socket was down is not told of again.
  usePolling(status === 'QUEUED' || status === 'RUNNING', refetch, 10_000);

  const above = [{ title: 'Training', path: '/training' }];
  if (!data) {
    return (
      <Page title="Training run" above={above}>
        {error ? <Problem error={error} retry={() => void refetch()} /> : <Loading rows={3} height={140} />}
      </Page>
    );
  }
  const run = data.trainingRun;
  if (!run) {
    return (
      <Page title="Training run" above={above}>
        <EmptyState title="There is no such run">
          The runs there are stand under{' '}
          <Link component={RouterLink} to="/training">
            Training
          </Link>
          .
        </EmptyState>
      </Page>
    );
  }
  return (
    <Page
      title={`Training of ${run.modelName}`}
      above={above}
      subtitle={<JobStatusChip status={run.status} />}
      actions={run.modelVersion ? <ToVersion version={run.modelVersion} /> : null}
    >
      <Stack spacing={2}>
        <State run={run} />
        <TrainingCurves epochs={run.epochs} epochsEach={epochsEach(run)} />
        <Section title="Recipe">
          <Facts
            facts={[
              [
                'Snapshot',
                <Link key="snapshot" component={RouterLink} to={`/datasets/${run.datasetSnapshot.id}`}>
                  {run.datasetSnapshot.name} version {run.datasetSnapshot.version}
                </Link>,
              ],
              ['Looks for', readable(run.positiveLabel)],
              ['Seed', run.seed],
              ...run.parameters.map(({ name, value }): [string, string] => [name, value]),
              [
                'Warnings known',
                run.acknowledgedFindings.length > 0
                  ? run.acknowledgedFindings.map(checkName).join(', ')
                  : null,
              ],
              ['Asked for', dateTime(run.createdAt)],
              ['By', run.createdBy?.displayName],
              ['Took', run.startedAt && run.finishedAt && duration(run.startedAt, run.finishedAt)],
              ['Run', <Code key="id">{run.id}</Code>],
            ]}
          />
        </Section>
      </Stack>
    </Page>
  );
}

/** Every run's parameters name it, defaults included. */
function epochsEach({ parameters }: RunDetailsFragment): number {
  return Number(parameters.find(({ name }) => name === 'epochs')?.value ?? Number.MAX_SAFE_INTEGER);
}

function ToVersion({ version }: { version: { id: string; version: number } }) {
  return (
    <Button variant="contained" component={RouterLink} to={`/model-versions/${version.id}`}>
      Open version {version.version}
    </Button>
  );
}

/** How far it is, and what ended it. */
function State({ run }: { run: RunDetailsFragment }) {
  const mayTrain = useMay('train');
  const [cancel, { data, error, loading }] = useMutation(cancelTrainingMutation, {
    variables: { id: run.id },
  });
  switch (run.status) {
    case 'SUCCEEDED':
      return null;
    case 'FAILED':
      return <Alert severity="error">{run.error ?? 'The run failed.'}</Alert>;
    case 'CANCELLED':
      return <Alert severity="info">The run was cancelled; it made no version.</Alert>;
    case 'QUEUED':
    case 'RUNNING':
      return (
        <Section
          title={run.status === 'QUEUED' ? 'Waiting for a worker' : 'Under way'}
          actions={
            mayTrain && (
              <Button color="error" loading={loading} onClick={() => void cancel().catch(() => undefined)}>
                Cancel run
              </Button>
            )
          }
        >
          <Stack spacing={1}>
            <LinearProgress
              aria-label="Progress of the training run"
              variant={run.status === 'RUNNING' && run.progress > 0 ? 'determinate' : 'indeterminate'}
              value={run.progress * 100}
              sx={{ height: 6, borderRadius: 3 }}
            />
            <Typography variant="body2" color="textSecondary">
              {run.status === 'QUEUED'
                ? 'It starts as soon as a worker is free.'
                : `${Math.floor(run.progress * 100)} %, ${run.epochs.length} epochs done`}
            </Typography>
            <UserErrors errors={data?.cancelTraining.userErrors} />
            {error && <Problem error={error} />}
          </Stack>
        </Section>
      );
  }
}
