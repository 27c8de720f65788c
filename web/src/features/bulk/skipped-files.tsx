import { useQuery } from '@apollo/client/react';
import { useState } from 'react';
import { graphql } from '../../graphql/index.js';
import { SkippedFilesSection } from '../../ui/skipped-files-section.js';

const skippedFilesQuery = graphql(`
  query SkippedFiles($id: ID!, $reason: SkipReason!, $first: Int!, $after: String) {
    bulkClassification(id: $id) {
      id
      skippedFiles(first: $first, after: $after, reason: $reason) {
        ...SkippedFilesPage
      }
    }
  }
`);

const sections = {
  UNREADABLE: {
    title: 'Files that could not be read',
    hint: 'These files have no prediction. Repair them and classify the folder again. Images that already have a prediction get the same result.',
  },
  NOT_AN_IMAGE: {
    title: 'Files that are not images',
    hint: 'Judged by the content of the file, not by its name.',
  },
};

interface SkippedFilesProps {
  bulkId: string;
  reason: keyof typeof sections;
}

/** The files of a folder that were skipped for one reason. */
export function SkippedFiles({ bulkId, reason }: SkippedFilesProps) {
  const [after, setAfter] = useState<string>();
  const query = useQuery(skippedFilesQuery, {
    variables: { id: bulkId, reason, first: 25, after },
    fetchPolicy: 'cache-and-network',
  });
  const page = (query.data ?? query.previousData)?.bulkClassification?.skippedFiles;
  return (
    <SkippedFilesSection {...sections[reason]} query={query} page={page} after={after} onAfter={setAfter} />
  );
}
