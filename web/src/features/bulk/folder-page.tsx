import { useMutation, useQuery } from '@apollo/client/react';
import { Alert, Button, Link, Stack } from '@mui/material';
import { Link as RouterLink, useParams } from 'react-router';
import { useMay } from '../../session/viewer.js';
import type { FolderPageQuery } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { Code } from '../../ui/code.js';
import { EmptyState } from '../../ui/empty-state.js';
import { Facts } from '../../ui/facts.js';
import { count, dateTime, duration } from '../../ui/format.js';
import { JobStatusChip } from '../../ui/job-status-chip.js';
import { Loading } from '../../ui/loading.js';
import { Page } from '../../ui/page.js';
import { Problem } from '../../ui/problem.js';
import { Section } from '../../ui/section.js';
import { leftOut } from '../../ui/skipped-files.js';
import { usePolling } from '../../ui/use-polling.js';
import { UserErrors } from '../../ui/user-errors.js';
import { BulkPredictions } from './bulk-predictions.js';
import { BulkProgress } from './bulk-progress.js';
import { SkippedFiles } from './skipped-files.js';

const folderPageQuery = graphql(`
  query FolderPage($id: ID!) {
    bulkClassification(id: $id) {
      ...Bulk
      error
      createdBy {
        id
        displayName
      }
    }
  }
`);

const cancelBulkMutation = graphql(`
  mutation CancelBulkClassification($id: ID!) {
    cancelBulkClassification(id: $id) {
      bulkClassification {
        ...Bulk
      }
      userErrors {
        code
        message
      }
    }
  }
`);

type Bulk = NonNullable<FolderPageQuery['bulkClassification']>;

/** One folder: how far it is, what could not be read, and what was answered. */
export function FolderPage() {
  const { id = '' } = useParams();
  const { data, error, refetch } = useQuery(folderPageQuery, {
    variables: { id },
    fetchPolicy: 'cache-and-network',
  });
  const bulk = data?.bulkClassification;
  const underWay = bulk?.status === 'QUEUED' || bulk?.status === 'RUNNING';
  usePolling(underWay, refetch);

  const above = [{ title: 'Folders', path: '/folders' }];
  if (!data) {
    return (
      <Page title="Folder" above={above}>
        {error ? <Problem error={error} retry={() => void refetch()} /> : <Loading rows={3} height={140} />}
      </Page>
    );
  }
  if (!bulk) {
    return (
      <Page title="Folder" above={above}>
        <EmptyState title="There is no such folder">
          Those that were classified stand under{' '}
          <Link component={RouterLink} to="/folders">
            Folders
          </Link>
          .
        </EmptyState>
      </Page>
    );
  }
  return (
    <Page title={bulk.source} above={above} subtitle={<JobStatusChip status={bulk.status} />}>
      <Stack spacing={2}>
        <State bulk={bulk} />
        <Summary bulk={bulk} />
        {/* Read again when it has ended: until then they become more. */}
        {(['UNREADABLE', 'NOT_AN_IMAGE'] as const)
          .filter((reason) => bulk.skipped.some((skipped) => skipped.reason === reason))
          .map((reason) => (
            <SkippedFiles key={`${reason} ${underWay}`} bulkId={bulk.id} reason={reason} />
          ))}
        {bulk.doneCount > 0 && <BulkPredictions key={`done ${underWay}`} bulk={bulk} />}
      </Stack>
    </Page>
  );
}

/** How far it is, and what ended it. */
function State({ bulk }: { bulk: Bulk }) {
  const mayCancel = useMay('classify folders');
  const [cancel, { data, error, loading }] = useMutation(cancelBulkMutation, { variables: { id: bulk.id } });
  switch (bulk.status) {
    case 'SUCCEEDED':
      return null;
    case 'FAILED':
      return <Alert severity="error">{bulk.error ?? 'It failed.'}</Alert>;
    case 'CANCELLED':
      return <Alert severity="info">It was cancelled; what had been answered by then is kept.</Alert>;
    case 'QUEUED':
    case 'RUNNING':
      return (
        <Section
          title={bulk.status === 'QUEUED' ? 'Waiting for a worker' : 'Under way'}
          actions={
            mayCancel && (
              <Button color="error" loading={loading} onClick={() => void cancel().catch(() => undefined)}>
                Cancel
              </Button>
            )
          }
        >
          <Stack spacing={1}>
            <BulkProgress bulk={bulk} />
            <UserErrors errors={data?.cancelBulkClassification.userErrors} />
            {error && <Problem error={error} />}
          </Stack>
        </Section>
      );
  }
}

function Summary({ bulk }: { bulk: Bulk }) {
  const { modelVersion, itemCount, startedAt, finishedAt } = bulk;
  return (
    <Section title="Summary">
      <Facts
        facts={[
          ['Images', itemCount === null ? 'Not counted yet' : itemCount.toLocaleString()],
          ['Answered', count(bulk.doneCount, 'prediction')],
          ['Left out', leftOut(bulk.skipped)],
          ['Files in all', bulk.fileCount?.toLocaleString()],
          [
            'Answered by',
            <Link key="version" component={RouterLink} to={`/model-versions/${modelVersion.id}`}>
              {modelVersion.model.name} version {modelVersion.version}
            </Link>,
          ],
          ['Case', bulk.caseReference],
          ['Asked for', dateTime(bulk.createdAt)],
          ['By', bulk.createdBy?.displayName],
          ['Took', startedAt && finishedAt && duration(startedAt, finishedAt)],
          ['Id', <Code key="id">{bulk.id}</Code>],
        ]}
      />
    </Section>
  );
}
