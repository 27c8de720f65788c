import { useMutation, useQuery } from '@apollo/client/react';
import { Alert, Button, Stack, Typography } from '@mui/material';
import { useState } from 'react';
import { Link as RouterLink, useParams } from 'react-router';
import { useMay } from '../../session/viewer.js';
import type { DatasetPageQuery } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { Code } from '../../ui/code.js';
import { FailedJob } from '../../ui/failed-job.js';
import { Facts } from '../../ui/facts.js';
import { DateTime } from '../../ui/date-time.js';
import { count } from '../../ui/format.js';
import { LoadedPage } from '../../ui/loaded-page.js';
import { Page } from '../../ui/page.js';
import { Section } from '../../ui/section.js';
import { leftOut } from '../../ui/skipped-files.js';
import { useProgress } from '../../ui/use-progress.js';
import { CreateReviewSnapshotDialog } from './create-review-snapshot-dialog.js';
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
      erasedItemCount
      reviewedItemCount
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

const snapshotChangedSubscription = graphql(`
  subscription DatasetSnapshotChanged($id: ID!) {
    datasetSnapshotChanged(id: $id) {
      ...SnapshotCard
      digest
      fileCount
      skipped {
        reason
        count
      }
      findings {
        ...FindingDetails
      }
    }
  }
`);

const continueIngestionMutation = graphql(`
  mutation ContinueIngestion($id: ID!) {
    continueIngestion(id: $id) {
      datasetSnapshot {
        ...SnapshotCard
      }
      userErrors {
        code
        message
      }
    }
  }
`);

/** One snapshot: its findings, its contents and its images. */
export function DatasetPage() {
  const { id = '' } = useParams();
  const query = useQuery(datasetPageQuery, {
    variables: { id },
    fetchPolicy: 'cache-and-network',
  });
  const snapshot = query.data?.datasetSnapshot;
  const active = snapshot?.status === 'INGESTING';
  useProgress(snapshotChangedSubscription, { id, active, refetch: query.refetch });

  return (
    <LoadedPage query={query} item={snapshot} kind="Dataset snapshot" list={datasets}>
      {(loaded) => <Snapshot snapshot={loaded} />}
    </LoadedPage>
  );
}

const datasets = { title: 'Datasets', path: '/datasets' };

function Snapshot({ snapshot }: { snapshot: NonNullable<DatasetPageQuery['datasetSnapshot']> }) {
  const mayTrain = useMay('train');
  const mayAddReviews = useMay('create datasets');
  const [adding, setAdding] = useState(false);
  const seesItems = useMay('see dataset items');
  const { status } = snapshot;
  return (
    <Page
      title={`${snapshot.name} version ${snapshot.version}`}
      above={[datasets]}
      subtitle={<SnapshotStatusChip status={status} />}
      actions={
        status === 'READY' && (
          <>
            {mayAddReviews && snapshot.source !== 'reviews' && (
              <Button onClick={() => setAdding(true)}>Add reviews</Button>
            )}
            {mayTrain && (
              <Button variant="contained" component={RouterLink} to={`/training/new?snapshot=${snapshot.id}`}>
                Train a model
              </Button>
            )}
          </>
        )
      }
    >
      <Stack spacing={2}>
        {status === 'INGESTING' && (
          <Section title="Reading images">
            <IngestionProgress progress={snapshot.progress} />
          </Section>
        )}
        {status === 'FAILED' && <FailedIngestion id={snapshot.id} />}
        {status === 'REJECTED' && (
          <Alert severity="info" icon={false}>
            This snapshot cannot be used for training. Fix the errors below and create a new snapshot of the
            source.
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
                [
                  'From reviews',
                  snapshot.reviewedItemCount > 0 ? count(snapshot.reviewedItemCount, 'image') : null,
                ],
                [
                  'Erased since with their cases',
                  snapshot.erasedItemCount > 0 ? count(snapshot.erasedItemCount, 'image') : null,
                ],
                ['Skipped', leftOut(snapshot.skipped)],
                ['Files in total', snapshot.fileCount?.toLocaleString()],
                ['Source', <Code key="source">{snapshot.source}</Code>],
                ['Digest', snapshot.digest && <Code key="digest">{snapshot.digest}</Code>],
                ['Created', <DateTime key="created" iso={snapshot.createdAt} />],
                ['Created by', snapshot.createdBy?.displayName],
              ]}
            />
          </Stack>
        </Section>
        {!seesItems && <HiddenItems />}
        {seesItems && status !== 'INGESTING' && snapshot.itemCount > 0 && (
          <Items snapshotId={snapshot.id} labels={snapshot.labelCounts.map(({ label }) => label)} />
        )}
        {seesItems && status !== 'INGESTING' && <SkippedFiles snapshotId={snapshot.id} />}
      </Stack>
      {adding && <CreateReviewSnapshotDialog base={snapshot} onClose={() => setAdding(false)} />}
    </Page>
  );
}

function HiddenItems() {
  return (
    <Section title="Images">
      <Typography variant="body2" color="textSecondary">
        Your role does not show the images, file names and patients of datasets.
      </Typography>
    </Section>
  );
}

function FailedIngestion({ id }: { id: string }) {
  const mayCreate = useMay('create datasets');
  const [proceed, mutation] = useMutation(continueIngestionMutation, { variables: { id } });
  return (
    <FailedJob
      failure="The source could not be read. Fix the problem in the first finding, then continue."
      onContinue={mayCreate ? proceed : null}
      mutation={mutation}
      userErrors={mutation.data?.continueIngestion.userErrors}
    />
  );
}
