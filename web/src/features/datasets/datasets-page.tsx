import { useQuery } from '@apollo/client/react';
import { Button } from '@mui/material';
import { useState } from 'react';
import { useMay } from '../../session/viewer.js';
import { graphql } from '../../graphql/index.js';
import { EmptyState } from '../../ui/empty-state.js';
import { AddIcon } from '../../ui/icons.js';
import { LoadedList } from '../../ui/loaded-list.js';
import { Page } from '../../ui/page.js';
import { usePolling } from '../../ui/use-polling.js';
import { CreateReviewSnapshotDialog } from './create-review-snapshot-dialog.js';
import { CreateSnapshotDialog } from './create-snapshot-dialog.js';
import { SnapshotCard } from './snapshot-card.js';

const PAGE_SIZE = 25;

const datasetsPageQuery = graphql(`
  query DatasetsPage($first: Int!) {
    datasetSnapshots(first: $first) {
      totalCount
      pageInfo {
        hasNextPage
      }
      edges {
        node {
          ...SnapshotCard
        }
      }
    }
  }
`);

/** All dataset snapshots, newest first. */
export function DatasetsPage() {
  const [first, setFirst] = useState(PAGE_SIZE);
  const [creating, setCreating] = useState<'folder' | 'reviews' | null>(null);
  const mayCreate = useMay('create datasets');
  const mayUseReviews = useMay('see images') && mayCreate;
  const query = useQuery(datasetsPageQuery, {
    variables: { first },
    fetchPolicy: 'cache-and-network',
  });
  const page = (query.data ?? query.previousData)?.datasetSnapshots;
  const snapshots = page?.edges.map(({ node }) => node);
  usePolling(snapshots?.some(({ status }) => status === 'INGESTING') ?? false, query.refetch);

  return (
    <Page
      title="Datasets"
      subtitle="A snapshot is a set of labelled images that never changes once it is ready."
      actions={
        <>
          {mayUseReviews && <Button onClick={() => setCreating('reviews')}>Snapshot of reviews</Button>}
          {mayCreate && (
            <Button variant="contained" startIcon={<AddIcon />} onClick={() => setCreating('folder')}>
              New snapshot
            </Button>
          )}
        </>
      }
    >
      <LoadedList
        query={query}
        items={snapshots}
        rows={3}
        height={110}
        more={
          page?.pageInfo.hasNextPage
            ? { totalCount: page.totalCount, load: () => setFirst(first + PAGE_SIZE) }
            : null
        }
        empty={
          <EmptyState title="No datasets yet">
            {mayCreate
              ? 'Create a snapshot of a folder or S3 prefix whose subfolders are the classes.'
              : 'An ML engineer can create a snapshot of a folder or S3 prefix with labelled images.'}
          </EmptyState>
        }
      >
        {(snapshot) => <SnapshotCard key={snapshot.id} snapshot={snapshot} />}
      </LoadedList>
      {creating === 'folder' && <CreateSnapshotDialog onClose={() => setCreating(null)} />}
      {creating === 'reviews' && <CreateReviewSnapshotDialog onClose={() => setCreating(null)} />}
    </Page>
  );
}
