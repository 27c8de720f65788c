import { useQuery } from '@apollo/client/react';
import { Alert, Button, Stack } from '@mui/material';
import { Link as RouterLink, useParams } from 'react-router';
import { useMay } from '../../session/viewer.js';
import type { DatasetPageQuery } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { Code } from '../../ui/code.js';
import { Facts } from '../../ui/facts.js';
import { count, dateTime } from '../../ui/format.js';
import { LoadedPage } from '../../ui/loaded-page.js';
import { Page } from '../../ui/page.js';
import { Section } from '../../ui/section.js';
import { leftOut } from '../../ui/skipped-files.js';
import { usePolling } from '../../ui/use-polling.js';
import { Findings } from './findings.js';
import { IngestionProgress } from './ingestion-progress.js';
import { Items } from './items.js';
import { LabelBar } from './label-bar.js';
import { SkippedFiles } from './skipped-files.js';
import { SnapshotStatusChip } from './snapshot-status-chip.js';

const datasetPageQuery = graphql(`
  query DatasetPage($id: ID!) {
    datasetSnapshot(id: $id) {
      ...SnapshotCard
      digest
      groupsCsv
      fileCount
      skipped {
        reason
        count
      }
      createdBy {
        id
        displayName
      }
      findings {
        ...FindingDetails
      }
    }
  }
`);

/** One snapshot: what was found wrong with it, what it holds, and its images. */
export function DatasetPage() {
  const { id = '' } = useParams();
  const query = useQuery(datasetPageQuery, {
    variables: { id },
    fetchPolicy: 'cache-and-network',
  });
  const snapshot = (query.data ?? query.previousData)?.datasetSnapshot;
  usePolling(snapshot?.status === 'INGESTING', query.refetch);

  return (
    <LoadedPage query={query} item={snapshot} kind="Dataset snapshot" list={datasets}>
      {(loaded) => <Snapshot snapshot={loaded} />}
    </LoadedPage>
  );
}

const datasets = { title: 'Datasets', path: '/datasets' };

function Snapshot({ snapshot }: { snapshot: NonNullable<DatasetPageQuery['datasetSnapshot']> }) {
  const mayTrain = useMay('train');
  const { status } = snapshot;
  return (
    <Page
      title={`${snapshot.name} version ${snapshot.version}`}
      above={[datasets]}
      subtitle={<SnapshotStatusChip status={status} />}
      actions={
        mayTrain &&
        status === 'READY' && (
          <Button variant="contained" component={RouterLink} to={`/training/new?snapshot=${snapshot.id}`}>
            Train on this
          </Button>
        )
      }
    >
      <Stack spacing={2}>
        {status === 'INGESTING' && (
          <Section title="Reading images">
            <IngestionProgress progress={snapshot.progress} />
          </Section>
        )}
        {(status === 'FAILED' || status === 'REJECTED') && (
          <Alert severity="info" icon={false}>
            {status === 'FAILED'
              ? 'The source could not be read: fix what the first finding names, and make a new snapshot.'
              : 'Nothing can be trained on this snapshot: fix what the errors below name, and make a new snapshot of the source.'}
          </Alert>
        )}
        {status !== 'INGESTING' && (
          <Findings
            findings={snapshot.findings}
            snapshot={{
              name: snapshot.name,
              source: snapshot.source,
              groupsCsv: snapshot.groupsCsv ?? '',
            }}
          />
        )}
        <Section title="Contents">
          <Stack spacing={2}>
            <LabelBar labelCounts={snapshot.labelCounts} />
            <Facts
              facts={[
                ['Images', count(snapshot.itemCount, 'image')],
                ['Left out', leftOut(snapshot.skipped)],
                ['Files in all', snapshot.fileCount?.toLocaleString()],
                ['Source', <Code key="source">{snapshot.source}</Code>],
                ['Digest', snapshot.digest && <Code key="digest">{snapshot.digest}</Code>],
                ['Made', dateTime(snapshot.createdAt)],
                ['By', snapshot.createdBy?.displayName],
              ]}
            />
          </Stack>
        </Section>
        {status !== 'INGESTING' && snapshot.itemCount > 0 && (
          <Items snapshotId={snapshot.id} labels={snapshot.labelCounts.map(({ label }) => label)} />
        )}
        {status !== 'INGESTING' && <SkippedFiles snapshotId={snapshot.id} />}
      </Stack>
    </Page>
  );
}
