import { useQuery } from '@apollo/client/react';
import { Link, Stack } from '@mui/material';
import { useState } from 'react';
import { Link as RouterLink } from 'react-router';
import type { BulkFragment } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { Loading } from '../../ui/loading.js';
import { Problem } from '../../ui/problem.js';
import { Section } from '../../ui/section.js';
import { HistoryList } from '../predictions/history-list.js';
import { NotAMedicalDevice } from '../predictions/notices.js';
import { historyAddress } from './history-address.js';
import { PageButtons } from '../../ui/page-buttons.js';

const PAGE_SIZE = 10;

const bulkPredictionsQuery = graphql(`
  query BulkPredictions($id: ID!, $first: Int!, $after: String) {
    bulkClassification(id: $id) {
      id
      predictions(first: $first, after: $after) {
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
  }
`);

/** What has been answered of a folder, in the order it was; with the way to where it can be filtered. */
export function BulkPredictions({ bulk }: { bulk: BulkFragment }) {
  const [after, setAfter] = useState<string>();
  const { data, previousData, error, loading, refetch } = useQuery(bulkPredictionsQuery, {
    variables: { id: bulk.id, first: PAGE_SIZE, after },
    fetchPolicy: 'cache-and-network',
  });
  const page = (data ?? previousData)?.bulkClassification?.predictions;
  return (
    <Section
      title="Predictions"
      hint={
        <>
          To filter them, open{' '}
          <Link component={RouterLink} to={historyAddress(bulk)}>
            the history of its case, version and days
          </Link>
          .
        </>
      }
    >
      {error && <Problem error={error} retry={() => void refetch()} />}
      {!page && !error && <Loading rows={3} />}
      {page && (
        <Stack spacing={1.5}>
          <HistoryList predictions={page.edges.map(({ node }) => node)} dimmed={loading && !data} />
          <PageButtons
            label="Pages of the predictions"
            pageInfo={page.pageInfo}
            after={after}
            onAfter={setAfter}
          />
          <NotAMedicalDevice />
        </Stack>
      )}
    </Section>
  );
}
