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

const skippedFilesQuery = graphql(`
  query SkippedFiles($id: ID!, $reason: SkipReason!, $first: Int!, $after: String) {
    bulkClassification(id: $id) {
      id
      skippedFiles(first: $first, after: $after, reason: $reason) {
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

const sections = {
  UNREADABLE: {
    title: 'Files that could not be read',
    hint: 'They have no prediction. Once they are repaired, classify the folder again: what was answered is answered the same again.',
  },
  NOT_AN_IMAGE: {
    title: 'Files that are not images',
    hint: 'Their content decides, whatever they are called.',
  },
};

interface SkippedFilesProps {
  bulkId: string;
  reason: keyof typeof sections;
}

/** The files of a folder that have no answer for one reason, each with what is wrong with it. */
export function SkippedFiles({ bulkId, reason }: SkippedFilesProps) {
  const [after, setAfter] = useState<string>();
  const { data, previousData, error, refetch } = useQuery(skippedFilesQuery, {
    variables: { id: bulkId, reason, first: PAGE_SIZE, after },
    fetchPolicy: 'cache-and-network',
  });
  const page = (data ?? previousData)?.bulkClassification?.skippedFiles;
  return (
    <Section {...sections[reason]}>
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
