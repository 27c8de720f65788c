import { useQuery } from '@apollo/client/react';
import { useState } from 'react';
import { graphql } from '../../graphql/index.js';
import { SkippedFilesSection } from '../../ui/skipped-files-section.js';

const skippedOfDatasetQuery = graphql(`
  query SkippedOfDataset($id: ID!, $first: Int!, $after: String) {
    datasetSnapshot(id: $id) {
      id
      skippedFiles(first: $first, after: $after) {
        ...SkippedFilesPage
      }
    }
  }
`);

/** The files of the source that are not in the snapshot. Empty if there are none. */
export function SkippedFiles({ snapshotId }: { snapshotId: string }) {
  const [after, setAfter] = useState<string>();
  const query = useQuery(skippedOfDatasetQuery, { variables: { id: snapshotId, first: 25, after } });
  const page = (query.data ?? query.previousData)?.datasetSnapshot?.skippedFiles;
  if (page?.totalCount === 0) return null;
  return (
    <SkippedFilesSection title="Skipped files" query={query} page={page} after={after} onAfter={setAfter} />
  );
}
