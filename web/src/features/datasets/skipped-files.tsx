import { useQuery } from '@apollo/client/react';
import { Stack } from '@mui/material';
import { useState } from 'react';
import { graphql } from '../../graphql/index.js';
import { FileList } from '../../ui/file-list.js';
import { Loading } from '../../ui/loading.js';
import { PageButtons } from '../../ui/page-buttons.js';
import { Problem } from '../../ui/problem.js';
import { Section } from '../../ui/section.js';

const PAGE_SIZE = 25;

const skippedOfDatasetQuery = graphql(`
  query SkippedOfDataset($id: ID!, $first: Int!, $after: String) {
    datasetSnapshot(id: $id) {
      id
      skippedFiles(first: $first, after: $after) {
        totalCount
        pageInfo {
          hasNextPage
          endCursor
        }
        edges {
          node {
            file
            detail
          }
        }
      }
    }
  }
`);

/** The files of a source that are not in the snapshot, each with why; nothing where there are none. */
export function SkippedFiles({ snapshotId }: { snapshotId: string }) {
  const [after, setAfter] = useState<string>();
  const { data, previousData, error, refetch } = useQuery(skippedOfDatasetQuery, {
    variables: { id: snapshotId, first: PAGE_SIZE, after },
  });
  const page = (data ?? previousData)?.datasetSnapshot?.skippedFiles;
  if (page?.totalCount === 0) return null;
  return (
    <Section title="Files left out">
      {error && <Problem error={error} retry={() => void refetch()} />}
      {!page && !error && <Loading rows={2} height={40} />}
      {page && (
        <Stack spacing={1.5}>
          <FileList files={page.edges.map(({ node }) => node)} />
          <PageButtons label="Pages of the files" pageInfo={page.pageInfo} after={after} onAfter={setAfter} />
        </Stack>
      )}
    </Section>
  );
}
