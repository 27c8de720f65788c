import { useQuery } from '@apollo/client/react';
import { Button, Stack } from '@mui/material';
import { useState } from 'react';
import { useMay } from '../../session/viewer.js';
import { graphql } from '../../graphql/index.js';
import { EmptyState } from '../../ui/empty-state.js';
import { AddIcon } from '../../ui/icons.js';
import { Loading } from '../../ui/loading.js';
import { Page } from '../../ui/page.js';
import { Problem } from '../../ui/problem.js';
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

/** Every folder whose images were classified as a whole, the newest first. */
export function FoldersPage() {
  const [first, setFirst] = useState(PAGE_SIZE);
  const [starting, setStarting] = useState(false);
  const mayStart = useMay('classify folders');
  const { data, previousData, error, refetch } = useQuery(foldersPageQuery, {
    variables: { first },
    fetchPolicy: 'cache-and-network',
  });
  const page = (data ?? previousData)?.bulkClassifications;
  const folders = page?.edges.map(({ node }) => node) ?? [];
  usePolling(
    folders.some(({ status }) => status === 'QUEUED' || status === 'RUNNING'),
    refetch,
  );
  return (
    <Page
      title="Folders"
      subtitle="All images of a folder or bucket are classified in the background, each as a prediction of its own."
      actions={
        mayStart && (
          <Button variant="contained" startIcon={<AddIcon />} onClick={() => setStarting(true)}>
            Classify a folder
          </Button>
        )
      }
    >
      <Stack spacing={1.5}>
        {error && <Problem error={error} retry={() => void refetch()} />}
        {!page && !error && <Loading rows={3} height={96} />}
        {page && folders.length === 0 && (
          <EmptyState title="No folder has been classified yet">
            {mayStart
              ? 'Name a folder or an S3 prefix with cell images: a worker classifies every one of them.'
              : 'An ML engineer can have every image of a folder or S3 prefix classified.'}
          </EmptyState>
        )}
        <Stack component="ul" spacing={1.5} sx={{ listStyle: 'none', p: 0, m: 0 }}>
          {folders.map((bulk) => (
            <BulkCard key={bulk.id} bulk={bulk} />
          ))}
        </Stack>
        {page?.pageInfo.hasNextPage && (
          <Button onClick={() => setFirst(first + PAGE_SIZE)}>Show more of {page.totalCount}</Button>
        )}
      </Stack>
      {starting && <ClassifyFolderDialog onClose={() => setStarting(false)} />}
    </Page>
  );
}
