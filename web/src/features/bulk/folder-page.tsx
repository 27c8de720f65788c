import { useMutation, useQuery } from '@apollo/client/react';
import { Alert, Link, Stack } from '@mui/material';
import { Link as RouterLink, useParams } from 'react-router';
import { useMay } from '../../session/viewer.js';
import type { FolderPageQuery } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { Code } from '../../ui/code.js';
import { Facts } from '../../ui/facts.js';
import { DateTime } from '../../ui/date-time.js';
import { count, duration } from '../../ui/format.js';
import { JobStatusChip } from '../../ui/job-status-chip.js';
import { JobState } from '../../ui/job-state.js';
import { isUnderWay } from '../../ui/job-status.js';
import { LoadedPage } from '../../ui/loaded-page.js';
import { Page } from '../../ui/page.js';
import { Section } from '../../ui/section.js';
import { leftOut } from '../../ui/skipped-files.js';
import { useProgress } from '../../ui/use-progress.js';
import { CaseLink } from '../cases/case-link.js';
import { BulkPredictions } from './bulk-predictions.js';
import { BulkProgress } from './bulk-progress.js';
import { SkippedFiles } from './skipped-files.js';

const folderPageQuery = graphql(`
  query FolderPage($id: ID!) {
    bulkClassification(id: $id) {
      ...Bulk
      error
      case {
        id
      }
      site {
        id
        name
      }
      createdBy {
        id
        displayName
      }
    }
  }
`);

const bulkChangedSubscription = graphql(`
  subscription BulkClassificationChanged($id: ID!) {
    bulkClassificationChanged(id: $id) {
      ...Bulk
      error
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

const continueBulkMutation = graphql(`
  mutation ContinueBulkClassification($id: ID!) {
    continueBulkClassification(id: $id) {
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

/** One folder: its progress, its skipped files and its predictions. */
export function FolderPage() {
  const { id = '' } = useParams();
  const query = useQuery(folderPageQuery, {
    variables: { id },
    fetchPolicy: 'cache-and-network',
  });
  const bulk = query.data?.bulkClassification;
  const active = Boolean(bulk && isUnderWay(bulk));
  useProgress(bulkChangedSubscription, { id, active, refetch: query.refetch });

  return (
    <LoadedPage query={query} item={bulk} kind="Classified folder" list={folders}>
      {(loaded) => <Folder bulk={loaded} />}
    </LoadedPage>
  );
}

const folders = { title: 'Folders', path: '/folders' };

function Folder({ bulk }: { bulk: Bulk }) {
  const underWay = isUnderWay(bulk);
  const seesImages = useMay('see images');
  return (
    <Page
      title={bulk.erasedAt ? 'Erased folder' : bulk.source}
      above={[folders]}
      subtitle={<JobStatusChip status={bulk.status} />}
    >
      <Stack spacing={2}>
        {bulk.erasedAt ? (
          <Alert severity="info">
            The case of this folder was erased on <DateTime iso={bulk.erasedAt} />, with all of its
            predictions.
          </Alert>
        ) : (
          <State bulk={bulk} />
        )}
        <Summary bulk={bulk} />
        {/* The keys make these lists load again when the job ends, because they grow until then. */}
        {(['UNREADABLE', 'NOT_AN_IMAGE'] as const)
          .filter((reason) => seesImages && bulk.skipped.some((skipped) => skipped.reason === reason))
          .map((reason) => (
            <SkippedFiles key={`${reason} ${underWay}`} bulkId={bulk.id} reason={reason} />
          ))}
        {bulk.doneCount > 0 && <BulkPredictions key={`done ${underWay}`} bulk={bulk} />}
      </Stack>
    </Page>
  );
}

/** The progress of a pending job, or why it ended early. */
function State({ bulk }: { bulk: Bulk }) {
  const mayClassify = useMay('classify folders');
  const [cancel, cancelling] = useMutation(cancelBulkMutation, { variables: { id: bulk.id } });
  const [proceed, continuing] = useMutation(continueBulkMutation, { variables: { id: bulk.id } });
  const isFailed = bulk.status === 'FAILED';
  const seesReason = useMay('see images');
  return (
    <JobState
      status={bulk.status}
      failure={
        seesReason
          ? (bulk.error ?? 'The classification failed.')
          : 'The classification failed. Your role does not show the reason, because it may name a file.'
      }
      cancelled="The classification was cancelled. The predictions made before that are kept."
      cancel={mayClassify ? { action: 'Cancel', run: cancel } : null}
      onContinue={mayClassify ? proceed : null}
      mutation={isFailed ? continuing : cancelling}
      userErrors={
        (isFailed ? continuing.data?.continueBulkClassification : cancelling.data?.cancelBulkClassification)
          ?.userErrors
      }
    >
      <BulkProgress bulk={bulk} />
    </JobState>
  );
}

function Summary({ bulk }: { bulk: Bulk }) {
  const { modelVersion, itemCount, startedAt, finishedAt } = bulk;
  return (
    <Section title="Summary">
      <Facts
        facts={[
          ['Images', itemCount === null ? 'Not counted yet' : itemCount.toLocaleString()],
          ['Classified', count(bulk.doneCount, 'prediction')],
          ['Skipped', leftOut(bulk.skipped)],
          ['Files in total', bulk.fileCount?.toLocaleString()],
          [
            'Classified by',
            <Link key="version" component={RouterLink} to={`/model-versions/${modelVersion.id}`}>
              {modelVersion.model.name} version {modelVersion.version}
            </Link>,
          ],
          [
            'Case',
            (bulk.case || bulk.caseReference) && (
              <CaseLink key="case" of={bulk.case} reference={bulk.caseReference} />
            ),
          ],
          ['Site', bulk.site?.name],
          ['Requested', <DateTime key="created" iso={bulk.createdAt} />],
          ['Requested by', bulk.createdBy?.displayName],
          ['Duration', startedAt && finishedAt && duration(startedAt, finishedAt)],
          ['Job ID', <Code key="id">{bulk.id}</Code>],
        ]}
      />
    </Section>
  );
}
