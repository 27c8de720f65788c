import { useQuery } from '@apollo/client/react';
import { Button } from '@mui/material';
import { useState } from 'react';
import { useMay } from '../../session/viewer.js';
import { graphql } from '../../graphql/index.js';
import { EmptyState } from '../../ui/empty-state.js';
import { AddIcon } from '../../ui/icons.js';
import { isUnderWay } from '../../ui/job-status.js';
import { LoadedList } from '../../ui/loaded-list.js';
import { Page } from '../../ui/page.js';
import { usePolling } from '../../ui/use-polling.js';
import { BulkCard } from './bulk-card.js';
import { ClassifyFolderDialog } from './classify-folder-dialog.js';

const PAGE_SIZE = 25;

const foldersPageQuery = graphql(`
  query FoldersPage($first: Int!) {
    bulkClassifications(first: $first) {
      totalCount
      pageInfo {
        hasNextPage
      }
      edges {
        node {
          ...Bulk
        }
      }
    }
  }
`);

/** All classified folders, newest first. */
export function FoldersPage() {
  const [first, setFirst] = useState(PAGE_SIZE);
  const [starting, setStarting] = useState(false);
  const mayStart = useMay('classify folders');
  const query = useQuery(foldersPageQuery, {
    variables: { first },
    fetchPolicy: 'cache-and-network',
  });
  const page = (query.data ?? query.previousData)?.bulkClassifications;
  const folders = page?.edges.map(({ node }) => node);
  usePolling(folders?.some(isUnderWay) ?? false, query.refetch);
  return (
    <Page
      title="Folders"
      subtitle="Classifies all images of a folder or bucket in the background. Each image becomes a separate prediction."
      actions={
        mayStart && (
          <Button variant="contained" startIcon={<AddIcon />} onClick={() => setStarting(true)}>
            Classify a folder
          </Button>
        )
      }
    >
      <LoadedList
        query={query}
        items={folders}
        rows={3}
        height={96}
        more={
          page?.pageInfo.hasNextPage
            ? { totalCount: page.totalCount, load: () => setFirst(first + PAGE_SIZE) }
            : null
        }
        empty={
          <EmptyState title="No folder has been classified yet">
            {mayStart
              ? 'Enter a folder or an S3 prefix with cell images to classify all of them.'
              : 'An ML engineer can classify all images of a folder or S3 prefix.'}
          </EmptyState>
        }
      >
        {(bulk) => <BulkCard key={bulk.id} bulk={bulk} />}
      </LoadedList>
      {starting && <ClassifyFolderDialog onClose={() => setStarting(false)} />}
    </Page>
  );
}
