import { useQuery } from '@apollo/client/react';
import { Alert, Button, Link, MenuItem, Stack, TextField, Typography } from '@mui/material';
import { Link as RouterLink, useSearchParams } from 'react-router';
import { graphql } from '../../graphql/index.js';
import { useMay } from '../../session/viewer.js';
import { EmptyState } from '../../ui/empty-state.js';
import { count } from '../../ui/format.js';
import { Loaded } from '../../ui/loaded.js';
import { Page } from '../../ui/page.js';
import { EraseCaseButton } from '../erasure/erase-case-button.js';
import { SavedViewsButton } from '../saved-views/saved-views-button.js';
import { ExportButton } from './export-button.js';
import { HistoryFilterFields } from './history-filter-fields.js';
import { HistoryList } from './history-list.js';
import {
  filterNames,
  filtersOf,
  firstPage,
  nextPage,
  orderOf,
  orders,
  previousPage,
  variablesOf,
  withChange,
} from './history-search.js';
import { NotAMedicalDevice } from '../../ui/not-a-medical-device.js';
import { useNewPredictions } from './use-new-predictions.js';

const historyQuery = graphql(`
  query History(
    $first: Int
    $after: String
    $last: Int
    $before: String
    $filter: PredictionFilter
    $order: PredictionOrder
  ) {
    predictionChanges(last: 1) {
      pageInfo {
        endCursor
      }
    }
    predictions(first: $first, after: $after, last: $last, before: $before, filter: $filter, order: $order) {
      totalCount
      totalCountIsEstimate
      pageInfo {
        hasNextPage
        hasPreviousPage
        startCursor
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

/** All predictions. Filters, order and page are kept in the URL, so that a link shows the same list. */
export function HistoryPage() {
  const [search, setSearch] = useSearchParams();
  const mayReview = useMay('review');
  const filters = filtersOf(search);
  const filtered = filterNames.some((name) => filters[name] !== '');
  const query = useQuery(historyQuery, {
    variables: variablesOf(search),
    fetchPolicy: 'cache-and-network',
  });
  const shown = (query.data ?? (query.loading ? query.previousData : undefined))?.predictions;
  const [newCount, resetNewCount] = useNewPredictions(
    query.loading ? undefined : (query.data?.predictionChanges.pageInfo.endCursor ?? undefined),
    shown?.edges.map(({ node }) => node.id) ?? [],
  );

  const showNew = () => {
    resetNewCount();
    setSearch(withChange(firstPage(search), 'order', ''));
    void query.refetch();
  };

  return (
    <Page
      title="History"
      subtitle={
        shown
          ? `${shown.totalCountIsEstimate ? 'About ' : ''}${count(shown.totalCount, 'prediction')}${filtered ? ' matching the filters' : ''}`
          : 'All predictions'
      }
      actions={
        <>
          {filters.case !== '' && (
            <EraseCaseButton
              caseReference={filters.case}
              onErased={() => setSearch((current) => withChange(current, 'case', ''), { replace: true })}
            />
          )}
          <SavedViewsButton page="HISTORY" />
          <ExportButton filter={variablesOf(search).filter} />
          {mayReview && (
            <Button component={RouterLink} to={`/readings/new?${firstPage(search)}`}>
              Read these cells
            </Button>
          )}
          <Button component={RouterLink} to="/folders">
            Folders
          </Button>
          <Button component={RouterLink} to="/fields">
            Fields
          </Button>
          <TextField
            select
            label="Order"
            value={orderOf(search)}
            onChange={(event) => setSearch(withChange(search, 'order', event.target.value))}
            sx={{ minWidth: 200 }}
          >
            {Object.entries(orders).map(([order, name]) => (
              <MenuItem key={order} value={order}>
                {name}
              </MenuItem>
            ))}
          </TextField>
        </>
      }
    >
      <Stack spacing={2}>
        <HistoryFilterFields
          filters={filters}
          onChange={(name, value) => setSearch((current) => withChange(current, name, value))}
          onReset={() => setSearch({})}
        />
        {newCount > 0 && (
          <Alert
            severity="info"
            role="status"
            action={
              <Button color="inherit" size="small" onClick={showNew}>
                Refresh
              </Button>
            }
          >
            {count(newCount, 'new prediction')} since this page loaded.
          </Alert>
        )}
        <Loaded query={query} content={shown} rows={6}>
          {({ edges, pageInfo }) =>
            edges.length === 0 ? (
              <NothingFound filtered={filtered} />
            ) : (
              <>
                <HistoryList
                  predictions={edges.map(({ node }) => node)}
                  dimmed={query.loading && !query.data}
                />
                <Paging
                  pageInfo={pageInfo}
                  onNext={(cursor) => setSearch(nextPage(search, cursor))}
                  onPrevious={(cursor) => setSearch(previousPage(search, cursor))}
                />
                <NotAMedicalDevice />
              </>
            )
          }
        </Loaded>
      </Stack>
    </Page>
  );
}

function NothingFound({ filtered }: { filtered: boolean }) {
  const mayClassify = useMay('classify');
  return filtered ? (
    <EmptyState title="No predictions match these filters">
      Choose a wider range of dates or probabilities, or reset the filters.
    </EmptyState>
  ) : (
    <EmptyState title="No predictions yet">
      {mayClassify && (
        <>
          <Link component={RouterLink} to="/classify">
            Classify
          </Link>{' '}
          some cell images.{' '}
        </>
      )}
      Every prediction that you may see is listed here.
    </EmptyState>
  );
}

interface PagingProps {
  pageInfo: {
    hasNextPage: boolean;
    hasPreviousPage: boolean;
    startCursor?: string | null;
    endCursor?: string | null;
  };
  onNext: (endCursor: string) => void;
  onPrevious: (startCursor: string) => void;
}

function Paging({ pageInfo, onNext, onPrevious }: PagingProps) {
  const { hasNextPage, hasPreviousPage, startCursor, endCursor } = pageInfo;
  if (!hasNextPage && !hasPreviousPage)
    return <Typography color="textSecondary">End of the list.</Typography>;
  return (
    <Stack component="nav" aria-label="Pages of the history" direction="row" spacing={1}>
      <Button
        variant="outlined"
        disabled={!hasPreviousPage || !startCursor}
        onClick={() => startCursor && onPrevious(startCursor)}
      >
        Previous
      </Button>
      <Button
        variant="outlined"
        disabled={!hasNextPage || !endCursor}
        onClick={() => endCursor && onNext(endCursor)}
      >
        Next
      </Button>
    </Stack>
  );
}
