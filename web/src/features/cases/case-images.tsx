import { useQuery } from '@apollo/client/react';
import { Stack } from '@mui/material';
import { graphql } from '../../graphql/index.js';
import { Loaded } from '../../ui/loaded.js';
import { PageButtons } from '../../ui/page-buttons.js';
import { HistoryList } from '../predictions/history-list.js';

const PAGE_SIZE = 25;

const caseImagesQuery = graphql(`
  query CaseImages($first: Int!, $after: String, $filter: PredictionFilter!) {
    predictions(first: $first, after: $after, filter: $filter) {
      pageInfo {
        hasNextPage
        endCursor
      }
      edges {
        node {
          ...HistoryRow
        }
      }
    }
  }
`);

interface CaseImagesProps {
  caseId: string;
  /** The cursor after which the page begins. Undefined for the first page. */
  after: string | undefined;
  onAfter: (after: string | undefined) => void;
}

/** The cells of a case, newest first, page by page. */
export function CaseImages({ caseId, after, onAfter }: CaseImagesProps) {
  const query = useQuery(caseImagesQuery, {
    variables: { first: PAGE_SIZE, after, filter: { caseId } },
    fetchPolicy: 'cache-and-network',
  });
  const shown = (query.data ?? (query.loading ? query.previousData : undefined))?.predictions;
  return (
    <Loaded query={query} content={shown} rows={6}>
      {({ edges, pageInfo }) => (
        <Stack spacing={2}>
          <HistoryList
            predictions={edges.map(({ node }) => node)}
            dimmed={query.loading && query.data === undefined}
          />
          <PageButtons label="Pages of images" pageInfo={pageInfo} after={after} onAfter={onAfter} />
        </Stack>
      )}
    </Loaded>
  );
}
