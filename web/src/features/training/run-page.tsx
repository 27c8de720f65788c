import { useMutation, useQuery } from '@apollo/client/react';
import { Button, LinearProgress, Link, Stack, Typography } from '@mui/material';
import { Link as RouterLink, useParams } from 'react-router';
import { useMay } from '../../session/viewer.js';
import type { RunDetailsFragment } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { Code } from '../../ui/code.js';
import { Facts } from '../../ui/facts.js';
import { DateTime } from '../../ui/date-time.js';
import { count, duration, readable } from '../../ui/format.js';
import { JobStatusChip } from '../../ui/job-status-chip.js';
import { JobState } from '../../ui/job-state.js';
import { isUnderWay } from '../../ui/job-status.js';
import { LoadedPage } from '../../ui/loaded-page.js';
import { Page } from '../../ui/page.js';
import { Section } from '../../ui/section.js';
import { useProgress } from '../../ui/use-progress.js';
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

const continueTrainingMutation = graphql(`
  mutation ContinueTraining($id: ID!) {
    continueTraining(id: $id) {
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

/** One training run: its progress, curves, settings and the version it created. */
export function RunPage() {
  const { id = '' } = useParams();
  const query = useQuery(runPageQuery, {
    variables: { id },
    fetchPolicy: 'cache-and-network',
  });
  const run = query.data?.trainingRun;
  const active = Boolean(run && isUnderWay(run));
  useProgress(trainingRunChangedSubscription, { id, active, refetch: query.refetch });

  return (
    <LoadedPage query={query} item={run} kind="Training run" list={training}>
      {(loaded) => <Run run={loaded} />}
    </LoadedPage>
  );
}

const training = { title: 'Training', path: '/training' };

function Run({ run }: { run: RunDetailsFragment }) {
  return (
    <Page
      title={`Training of ${run.modelName}`}
      above={[training]}
      subtitle={<JobStatusChip status={run.status} />}
      actions={run.modelVersion ? <ToVersion version={run.modelVersion} /> : null}
    >
      <Stack spacing={2}>
        <State run={run} />
        <TrainingCurves epochs={run.epochs} epochsEach={epochsEach(run)} isUnderWay={isUnderWay(run)} />
        <Section title="Settings">
          <Facts
            facts={[
              [
                'Snapshot',
                <Link key="snapshot" component={RouterLink} to={`/datasets/${run.datasetSnapshot.id}`}>
                  {run.datasetSnapshot.name} version {run.datasetSnapshot.version}
                </Link>,
              ],
              ['Positive class', readable(run.positiveLabel)],
              ['Seed', run.seed],
              ...run.parameters.map(({ name, value }): [string, string] => [name, value]),
              [
                'Acknowledged warnings',
                run.acknowledgedFindings.length > 0
                  ? run.acknowledgedFindings.map(checkName).join(', ')
                  : null,
              ],
              ['Requested', <DateTime key="created" iso={run.createdAt} />],
              ['Requested by', run.createdBy?.displayName],
              ['Duration', run.startedAt && run.finishedAt && duration(run.startedAt, run.finishedAt)],
              ['Run ID', <Code key="id">{run.id}</Code>],
            ]}
          />
        </Section>
      </Stack>
    </Page>
  );
}

/** The number of epochs of each member. The parameters of a run include the defaults. */
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

/** The progress of a pending run, or why it ended early. */
function State({ run }: { run: RunDetailsFragment }) {
  const mayTrain = useMay('train');
  const [cancel, cancelling] = useMutation(cancelTrainingMutation, {
    variables: { id: run.id },
  });
  const [proceed, continuing] = useMutation(continueTrainingMutation, { variables: { id: run.id } });
  const isFailed = run.status === 'FAILED';
  return (
    <JobState
      status={run.status}
      failure={run.error ?? 'The run failed.'}
      cancelled="The run was cancelled. It did not create a model version."
      cancel={mayTrain ? { action: 'Cancel run', run: cancel } : null}
      onContinue={mayTrain ? proceed : null}
      mutation={isFailed ? continuing : cancelling}
      userErrors={
        (isFailed ? continuing.data?.continueTraining : cancelling.data?.cancelTraining)?.userErrors
      }
    >
      <LinearProgress
        aria-label="Progress of the training run"
        variant={run.status === 'RUNNING' && run.progress > 0 ? 'determinate' : 'indeterminate'}
        value={run.progress * 100}
        sx={{ height: 6, borderRadius: 3 }}
      />
      <Typography variant="body2" color="textSecondary">
        {run.status === 'QUEUED'
          ? 'Starts when a worker is free.'
          : `${Math.floor(run.progress * 100)} %, ${count(run.epochs.length, 'epoch')} done`}
      </Typography>
    </JobState>
  );
}
