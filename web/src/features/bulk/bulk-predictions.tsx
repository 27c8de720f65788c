import { useQuery } from '@apollo/client/react';
import { Link, Stack } from '@mui/material';
import { useState } from 'react';
import { Link as RouterLink } from 'react-router';
import type { BulkFragment } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { Loaded } from '../../ui/loaded.js';
import { Section } from '../../ui/section.js';
import { ExportButton } from '../predictions/export-button.js';
import { HistoryList } from '../predictions/history-list.js';
import { NotAMedicalDevice } from '../../ui/not-a-medical-device.js';
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

/** The predictions of a folder in the order they were made, with a link to the history, where they can be filtered. */
export function BulkPredictions({ bulk }: { bulk: BulkFragment }) {
  const [after, setAfter] = useState<string>();
  const query = useQuery(bulkPredictionsQuery, {
    variables: { id: bulk.id, first: PAGE_SIZE, after },
    fetchPolicy: 'cache-and-network',
  });
  const page = (query.data ?? query.previousData)?.bulkClassification?.predictions;
  return (
    <Section
      title="Predictions"
      actions={<ExportButton filter={{ bulkClassificationId: bulk.id }} />}
      hint={
        <>
          To filter the predictions, open{' '}
          <Link component={RouterLink} to={historyAddress(bulk)}>
            this folder’s case, version and dates in the history
          </Link>
          .
        </>
      }
    >
      <Loaded query={query} content={page} rows={3}>
        {({ edges, pageInfo }) => (
          <Stack spacing={1.5}>
            <HistoryList predictions={edges.map(({ node }) => node)} dimmed={query.loading && !query.data} />
            <PageButtons label="Pages of predictions" pageInfo={pageInfo} after={after} onAfter={setAfter} />
            <NotAMedicalDevice />
          </Stack>
        )}
      </Loaded>
    </Section>
  );
}
