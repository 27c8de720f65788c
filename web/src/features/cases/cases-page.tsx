import { useQuery } from '@apollo/client/react';
import { Alert, Box, Button, Chip, Link, Paper, Stack, Typography } from '@mui/material';
import { Link as RouterLink } from 'react-router';
import type { CaseListEntryFragment, CaseState } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { useMay, useViewer } from '../../session/viewer.js';
import { useLinkState } from '../../ui/came-from.js';
import { ChoiceField } from '../../ui/choice-field.js';
import { DateTime } from '../../ui/date-time.js';
import { DateRangeFields } from '../../ui/date-range-fields.js';
import { DelayedTextField } from '../../ui/delayed-text-field.js';
import { EmptyState } from '../../ui/empty-state.js';
import { count } from '../../ui/format.js';
import { LoadedList } from '../../ui/loaded-list.js';
import { Page } from '../../ui/page.js';
import { PageButtons } from '../../ui/page-buttons.js';
import { startOfDay } from '../../ui/start-of-day.js';
import { useAddressFilters } from '../../ui/use-address-filters.js';
import { SavedViewsButton } from '../saved-views/saved-views-button.js';
import { NotAMedicalDevice } from '../../ui/not-a-medical-device.js';
import { caseCountsText, caseStateLabels } from './case-words.js';

const PAGE_SIZE = 25;

const casesPageQuery = graphql(`
  query CasesPage($first: Int!, $after: String, $filter: CaseFilter) {
    sites {
      id
      name
    }
    cases(first: $first, after: $after, filter: $filter) {
      totalCount
      pageInfo {
        hasNextPage
        endCursor
      }
      edges {
        node {
          ...CaseListEntry
        }
      }
    }
  }
`);

export const caseListEntryFragment = graphql(`
  fragment CaseListEntry on Case {
    id
    reference
    state
    createdAt
    site {
      id
      name
    }
    workedOnBy {
      id
      displayName
    }
    counts {
      cells
      needsReview
      notRecognised
      blasts
      reviewed
      notCells
    }
  }
`);

/** The filters of the list, as text in the page's URL. */
const filterNames = ['search', 'state', 'by', 'site', 'from', 'to'] as const;
type FilterName = (typeof filterNames)[number];
type Filters = Record<FilterName, string>;

/** All cases, newest first. Filters and page are kept in the URL, so that a link shows the same list. */
export function CasesPage() {
  const { textOf, isFiltered, after, change, reset } = useAddressFilters(filterNames, 'search');
  const { id: viewerId } = useViewer();
  const mayClassify = useMay('classify');
  const seesReferences = useMay('see images');
  const filters: Filters = {
    ...{ search: textOf('search'), state: textOf('state'), by: textOf('by') },
    ...{ site: textOf('site'), from: textOf('from'), to: textOf('to') },
  };
  const query = useQuery(casesPageQuery, {
    variables: {
      ...{ first: PAGE_SIZE, after },
      filter: {
        search: filters.search.trim() || undefined,
        state: isState(filters.state) ? filters.state : undefined,
        workedOnById: filters.by === 'me' ? viewerId : undefined,
        siteId: filters.site || undefined,
        createdAfter: startOfDay(filters.from),
        createdBefore: startOfDay(filters.to, 1),
      },
    },
    fetchPolicy: 'cache-and-network',
  });
  const data = query.data ?? (query.loading ? query.previousData : undefined);
  return (
    <Page
      title="Cases"
      subtitle={
        data
          ? `${count(data.cases.totalCount, 'case')}${isFiltered ? ' matching the filters' : ''}`
          : 'All images of a patient or sample'
      }
      actions={<SavedViewsButton page="CASES" />}
    >
      <Stack spacing={2}>
        {!seesReferences && (
          <Alert severity="info">
            Your role does not show case references, comments and images. Find a case by its state, site and
            dates; in the audit trail, cases have pseudonyms.
          </Alert>
        )}
        <Paper sx={{ p: 2 }} component="search" aria-label="Filter cases">
          <FilterFields filters={filters} sites={data?.sites ?? []} onChange={change} />
          {isFiltered && (
            <Button size="small" onClick={reset} sx={{ mt: 1 }}>
              Reset filters
            </Button>
          )}
        </Paper>
        <LoadedList
          query={query}
          items={data?.cases.edges.map(({ node }) => node)}
          rows={4}
          height={88}
          empty={
            isFiltered ? (
              <EmptyState title="No cases match these filters">
                Search for a shorter part of the reference, or reset the filters.
              </EmptyState>
            ) : (
              <EmptyState title="There are no cases yet">
                A case begins with the first image that is sent with its reference.{' '}
                {mayClassify && (
                  <Link component={RouterLink} to="/classify">
                    Classify images
                  </Link>
                )}
              </EmptyState>
            )
          }
        >
          {(entry) => <CaseCard key={entry.id} entry={entry} showsSite={(data?.sites.length ?? 0) > 1} />}
        </LoadedList>
        {data && (
          <PageButtons
            label="Pages of cases"
            pageInfo={data.cases.pageInfo}
            after={after}
            onAfter={(cursor) => change('after', cursor ?? '')}
          />
        )}
        <NotAMedicalDevice />
      </Stack>
    </Page>
  );
}

function isState(text: string): text is CaseState {
  return Object.hasOwn(caseStateLabels, text);
}

interface FilterFieldsProps {
  filters: Filters;
  sites: readonly { id: string; name: string }[];
  onChange: (name: FilterName, value: string) => void;
}

function FilterFields({ filters, sites, onChange }: FilterFieldsProps) {
  const seesReferences = useMay('see images');
  return (
    <Box
      sx={{
        display: 'grid',
        gap: 1.5,
        gridTemplateColumns: { xs: 'repeat(2, minmax(0, 1fr))', md: 'repeat(6, minmax(0, 1fr))' },
      }}
    >
      {seesReferences && (
        <DelayedTextField
          label="Part of the case reference"
          type="search"
          value={filters.search}
          onChange={(value) => onChange('search', value)}
          sx={{ gridColumn: { xs: '1 / -1', md: 'span 2' } }}
        />
      )}
      <ChoiceField
        label="State"
        value={filters.state}
        onChange={(value) => onChange('state', value)}
        options={Object.entries(caseStateLabels)}
      />
      <ChoiceField
        label="Worked on by"
        value={filters.by}
        onChange={(value) => onChange('by', value)}
        options={[['me', 'Me']]}
      />
      {(sites.length > 1 || filters.site !== '') && (
        <ChoiceField
          label="Site"
          value={filters.site}
          onChange={(value) => onChange('site', value)}
          options={sites.map(({ id, name }) => [id, name])}
        />
      )}
      <DateRangeFields from={filters.from} to={filters.to} onChange={onChange} />
    </Box>
  );
}

/** A case in the list: its reference, state and counts, and who worked on it. */
function CaseCard({ entry, showsSite }: { entry: CaseListEntryFragment; showsSite: boolean }) {
  const { id, reference, state, createdAt, site, workedOnBy, counts } = entry;
  return (
    <Paper component="li" sx={{ p: 1.5 }}>
      <Stack direction="row" spacing={1} sx={{ alignItems: 'center', justifyContent: 'space-between' }}>
        <Typography variant="h3" component="h2" sx={{ overflowWrap: 'anywhere', minWidth: 0 }}>
          <Link component={RouterLink} to={`/cases/${id}`} state={useLinkState()} underline="hover">
            {reference ?? id}
          </Link>
        </Typography>
        <Chip size="small" variant="outlined" label={caseStateLabels[state]} />
      </Stack>
      <Typography variant="body2">
        {count(counts.cells, 'cell')}
        {counts.cells > 0 && `: ${caseCountsText(counts)}`}
      </Typography>
      <Typography variant="caption" color="textSecondary" component="p">
        <DateTime iso={createdAt} />
        {showsSite && site && ` · ${site.name}`}
        {workedOnBy.length > 0 && ` · ${workedOnBy.map(({ displayName }) => displayName).join(', ')}`}
      </Typography>
    </Paper>
  );
}
