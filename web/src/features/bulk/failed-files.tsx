import { useQuery } from '@apollo/client/react';
import { Stack, Typography } from '@mui/material';
import { useState } from 'react';
import { graphql } from '../../graphql/index.js';
import { Code } from '../../ui/code.js';
import { Loading } from '../../ui/loading.js';
import { Problem } from '../../ui/problem.js';
import { Section } from '../../ui/section.js';
import { PageButtons } from './page-buttons.js';

const PAGE_SIZE = 25;

const failedFilesQuery = graphql(`
  query FailedFiles($id: ID!, $first: Int!, $after: String) {
    bulkClassification(id: $id) {
      id
      failedFiles(first: $first, after: $after) {
        totalCount
        pageInfo {
          hasNextPage
          endCursor
        }
        edges {
          node {
            file
            error
          }
        }
      }
    }
  }
`);

/** The files of a folder that have no answer, each with why. */
export function FailedFiles({ bulkId }: { bulkId: string }) {
  const [after, setAfter] = useState<string>();
  const { data, previousData, error, refetch } = useQuery(failedFilesQuery, {
    variables: { id: bulkId, first: PAGE_SIZE, after },
    fetchPolicy: 'cache-and-network',
  });
  const page = (data ?? previousData)?.bulkClassification?.failedFiles;
  return (
    <Section
      title="Files that could not be read"
      hint="They have no prediction. Once they are mended, classify the folder anew: what was answered is answered the same again."
    >
      {error && <Problem error={error} retry={() => void refetch()} />}
      {!page && !error && <Loading rows={2} height={40} />}
      {page && (
        <Stack spacing={1.5}>
          <Stack component="ul" spacing={1} sx={{ listStyle: 'none', p: 0, m: 0 }}>
            {page.edges.map(({ node }) => (
              <li key={node.file}>
                <Code>{node.file}</Code>
                <Typography variant="body2" color="textSecondary" sx={{ overflowWrap: 'anywhere' }}>
                  {node.error}
                </Typography>
              </li>
            ))}
          </Stack>
          <PageButtons label="Pages of the files" pageInfo={page.pageInfo} after={after} onAfter={setAfter} />
        </Stack>
      )}
    </Section>
  );
}
