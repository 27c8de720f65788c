import { useQuery } from '@apollo/client/react';
import Add from '@mui/icons-material/Add';
import {
  Button,
  Link,
  Paper,
  Stack,
  Table,
  TableBody,
  TableCell,
  TableContainer,
  TableHead,
  TableRow,
} from '@mui/material';
import { useState } from 'react';
import { Link as RouterLink } from 'react-router';
import { useMay } from '../../app/viewer.js';
import type { TrainingPageQuery } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { EmptyState } from '../../ui/empty-state.js';
import { dateTime, decimal } from '../../ui/format.js';
import { Loading } from '../../ui/loading.js';
import { Page } from '../../ui/page.js';
import { Problem } from '../../ui/problem.js';
import { usePolling } from '../../ui/use-polling.js';
import { RunStatusChip } from './run-status-chip.js';

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

/** Every training run, the newest first. */
export function TrainingPage() {
  const [first, setFirst] = useState(PAGE_SIZE);
  const mayTrain = useMay('train');
  const { data, previousData, error, refetch } = useQuery(trainingPageQuery, {
    variables: { first },
    fetchPolicy: 'cache-and-network',
  });
  const page = (data ?? previousData)?.trainingRuns;
  const runs = page?.edges.map(({ node }) => node) ?? [];
  usePolling(
    runs.some(({ status }) => status === 'QUEUED' || status === 'RUNNING'),
    refetch,
  );
  return (
    <Page
      title="Training"
      subtitle="A run learns from one snapshot and ends with a version of a model."
      actions={
        mayTrain && (
          <Button variant="contained" startIcon={<Add />} component={RouterLink} to="/training/new">
            New run
          </Button>
        )
      }
    >
      <Stack spacing={1.5}>
        {error && <Problem error={error} retry={() => void refetch()} />}
        {!page && !error && <Loading rows={4} height={48} />}
        {page && runs.length === 0 && (
          <EmptyState title="No training runs yet">
            {mayTrain ? (
              <>
                Start one on a{' '}
                <Link component={RouterLink} to="/datasets">
                  snapshot
                </Link>{' '}
                that is ready.
              </>
            ) : (
              'An ML engineer can start one on a snapshot that is ready.'
            )}
          </EmptyState>
        )}
        {runs.length > 0 && <RunsTable runs={runs} />}
        {page?.pageInfo.hasNextPage && (
          <Button onClick={() => setFirst(first + PAGE_SIZE)}>Show more of {page.totalCount}</Button>
        )}
      </Stack>
    </Page>
  );
}

type Run = TrainingPageQuery['trainingRuns']['edges'][number]['node'];

function RunsTable({ runs }: { runs: readonly Run[] }) {
  return (
    <TableContainer component={Paper}>
      <Table size="small" aria-label="Training runs">
        <TableHead>
          <TableRow>
            <TableCell>Run</TableCell>
            <TableCell>Status</TableCell>
            <TableCell>Snapshot</TableCell>
            <TableCell align="right">Best validation AUC</TableCell>
            <TableCell>Result</TableCell>
          </TableRow>
        </TableHead>
        <TableBody>
          {runs.map((run) => (
            <TableRow key={run.id} hover>
              <TableCell sx={{ whiteSpace: 'nowrap' }}>
                <Link component={RouterLink} to={`/training/${run.id}`}>
                  {run.modelName}, {dateTime(run.createdAt)}
                </Link>
              </TableCell>
              <TableCell sx={{ whiteSpace: 'nowrap' }}>
                <RunStatusChip status={run.status} />{' '}
                {run.status === 'RUNNING' && `${Math.floor(run.progress * 100)} %`}
              </TableCell>
              <TableCell>
                <Link component={RouterLink} to={`/datasets/${run.datasetSnapshot.id}`} underline="hover">
                  {run.datasetSnapshot.name} version {run.datasetSnapshot.version}
                </Link>
              </TableCell>
              <TableCell align="right">
                {run.epochs.length > 0 &&
                  decimal(Math.max(...run.epochs.map(({ validationAuc }) => validationAuc)))}
              </TableCell>
              <TableCell>
                {run.modelVersion && (
                  <Link component={RouterLink} to={`/model-versions/${run.modelVersion.id}`}>
                    Version {run.modelVersion.version}
                  </Link>
                )}
              </TableCell>
            </TableRow>
          ))}
        </TableBody>
      </Table>
    </TableContainer>
  );
}
