import { useQuery } from '@apollo/client/react';
import { Box, Button, LinearProgress, Link, Paper, Stack, Typography } from '@mui/material';
import { useState } from 'react';
import { Link as RouterLink } from 'react-router';
import { useMay } from '../../session/viewer.js';
import type { TrainingPageQuery } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { EmptyState } from '../../ui/empty-state.js';
import { DateTime } from '../../ui/date-time.js';
import { decimal } from '../../ui/format.js';
import { AddIcon } from '../../ui/icons.js';
import { JobStatusChip } from '../../ui/job-status-chip.js';
import { isUnderWay } from '../../ui/job-status.js';
import { LoadedList } from '../../ui/loaded-list.js';
import { Page } from '../../ui/page.js';
import { usePolling } from '../../ui/use-polling.js';
import { Schedules } from './schedules.js';

const PAGE_SIZE = 25;

const trainingPageQuery = graphql(`
  query TrainingPage($first: Int!) {
    trainingRuns(first: $first) {
      totalCount
      pageInfo {
        hasNextPage
      }
      edges {
        node {
          id
          status
          modelName
          progress
          createdAt
          datasetSnapshot {
            id
            name
            version
          }
          epochs {
            epoch
            validationAuc
          }
          modelVersion {
            id
            version
          }
        }
      }
    }
  }
`);

/** The training schedules and all training runs, newest first. */
export function TrainingPage() {
  const [first, setFirst] = useState(PAGE_SIZE);
  const mayTrain = useMay('train');
  const query = useQuery(trainingPageQuery, {
    variables: { first },
    fetchPolicy: 'cache-and-network',
  });
  const page = (query.data ?? query.previousData)?.trainingRuns;
  const runs = page?.edges.map(({ node }) => node);
  usePolling(runs?.some(isUnderWay) ?? false, query.refetch);
  return (
    <Page
      title="Training"
      subtitle="A training run uses one dataset snapshot and creates a new version of a model."
      actions={
        mayTrain && (
          <Button variant="contained" startIcon={<AddIcon />} component={RouterLink} to="/training/new">
            New run
          </Button>
        )
      }
    >
      <Stack spacing={1.5}>
        <Schedules />
        <LoadedList
          query={query}
          items={runs}
          rows={4}
          height={48}
          more={
            page?.pageInfo.hasNextPage
              ? { totalCount: page.totalCount, load: () => setFirst(first + PAGE_SIZE) }
              : null
          }
          empty={
            <EmptyState title="No training runs yet">
              {mayTrain ? (
                <>
                  Start a run on a{' '}
                  <Link component={RouterLink} to="/datasets">
                    dataset snapshot
                  </Link>
                  .
                </>
              ) : (
                'An ML engineer can start a run on a dataset snapshot.'
              )}
            </EmptyState>
          }
        >
          {(run) => <RunCard key={run.id} run={run} />}
        </LoadedList>
      </Stack>
    </Page>
  );
}

type Run = TrainingPageQuery['trainingRuns']['edges'][number]['node'];

/** A run in the list: its status, its snapshot and the version it created. */
function RunCard({ run }: { run: Run }) {
  const { datasetSnapshot, modelVersion, epochs } = run;
  const bestAuc = Math.max(...epochs.map(({ validationAuc }) => validationAuc));
  return (
    <Paper component="li" sx={{ p: 2 }}>
      <Stack direction="row" useFlexGap spacing={1} sx={{ flexWrap: 'wrap', alignItems: 'center' }}>
        <Typography variant="h2">
          <Link component={RouterLink} to={`/training/${run.id}`} underline="hover">
            {run.modelName}
          </Link>
        </Typography>
        <JobStatusChip status={run.status} />
        <Box sx={{ flex: 1 }} />
        <Typography variant="body2" color="textSecondary">
          <DateTime iso={run.createdAt} />
        </Typography>
      </Stack>
      <Stack direction="row" useFlexGap sx={{ flexWrap: 'wrap', columnGap: 2, rowGap: 0.5, mt: 0.75 }}>
        <Typography variant="body2">
          Trained on{' '}
          <Link component={RouterLink} to={`/datasets/${datasetSnapshot.id}`}>
            {datasetSnapshot.name} version {datasetSnapshot.version}
          </Link>
        </Typography>
        {epochs.length > 0 && <Typography variant="body2">Best validation AUC {decimal(bestAuc)}</Typography>}
        {modelVersion && (
          <Typography variant="body2">
            Created{' '}
            <Link component={RouterLink} to={`/model-versions/${modelVersion.id}`}>
              version {modelVersion.version}
            </Link>
          </Typography>
        )}
      </Stack>
      {run.status === 'RUNNING' && (
        <LinearProgress
          aria-label={`Progress of the run of ${run.modelName}`}
          variant="determinate"
          value={run.progress * 100}
          sx={{ mt: 1.5, height: 6, borderRadius: 3 }}
        />
      )}
    </Paper>
  );
}
