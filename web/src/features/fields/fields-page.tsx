import { useQuery } from '@apollo/client/react';
import { Box, Button, Link, Paper, Stack, Typography } from '@mui/material';
import { Link as RouterLink } from 'react-router';
import { useLinkState } from '../../ui/came-from.js';
import { colours } from '../../ui/colours.js';
import type { FieldListEntryFragment } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { useMay, useViewer } from '../../session/viewer.js';
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
import { NotAMedicalDevice } from '../../ui/not-a-medical-device.js';
import { cellCount, countsText, leftOutText } from './field-words.js';

const PAGE_SIZE = 25;

const fieldsPageQuery = graphql(`
  query FieldsPage($first: Int!, $after: String, $filter: FieldFilter) {
    sites {
      id
      name
    }
    fields(first: $first, after: $after, filter: $filter) {
      totalCount
      pageInfo {
        hasNextPage
        endCursor
      }
      edges {
        node {
          ...FieldListEntry
        }
      }
    }
  }
`);

export const fieldListEntryFragment = graphql(`
  fragment FieldListEntry on Field {
    ...FieldSummary
    createdAt
    caseReference
    createdBy {
      id
      displayName
    }
  }
`);

/** The filters of the list, as text in the page's URL. */
const filterNames = ['case', 'by', 'site', 'from', 'to'] as const;
type FilterName = (typeof filterNames)[number];
type Filters = Record<FilterName, string>;

/** All fields, newest first. Filters and page are kept in the URL, so that a link shows the same list. */
export function FieldsPage() {
  const { textOf, isFiltered, after, change, reset } = useAddressFilters(filterNames);
  const { id: viewerId } = useViewer();
  const mayClassify = useMay('classify');
  const filters = {
    case: textOf('case'),
    by: textOf('by'),
    site: textOf('site'),
    from: textOf('from'),
    to: textOf('to'),
  };
  const query = useQuery(fieldsPageQuery, {
    variables: {
      ...{ first: PAGE_SIZE, after },
      filter: {
        caseReference: filters.case.trim() || undefined,
        createdById: filters.by === 'me' ? viewerId : undefined,
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
      title="Fields"
      above={[{ title: 'History', path: '/predictions' }]}
      subtitle={
        data
          ? `${count(data.fields.totalCount, 'field')}${isFiltered ? ' matching the filters' : ''}`
          : 'Pictures with several cells'
      }
    >
      <Stack spacing={2}>
        <Paper sx={{ p: 2 }} component="search" aria-label="Filter fields">
          <FilterFields filters={filters} sites={data?.sites ?? []} onChange={change} />
          {isFiltered && (
            <Button size="small" onClick={reset} sx={{ mt: 1 }}>
              Reset filters
            </Button>
          )}
        </Paper>
        <LoadedList
          query={query}
          items={data?.fields.edges.map(({ node }) => node)}
          rows={4}
          height={96}
          empty={
            isFiltered ? (
              <EmptyState title="No fields match these filters">
                Choose a wider range of dates, or reset the filters.
              </EmptyState>
            ) : (
              <EmptyState title="No field has been classified yet">
                {mayClassify && (
                  <>
                    <Link component={RouterLink} to="/classify">
                      Classify
                    </Link>{' '}
                    a picture with several cells.{' '}
                  </>
                )}
                Every field that you may see is listed here.
              </EmptyState>
            )
          }
        >
          {(field) => <FieldCard key={field.id} field={field} />}
        </LoadedList>
        {data && (
          <PageButtons
            label="Pages of fields"
            pageInfo={data.fields.pageInfo}
            after={after}
            onAfter={(cursor) => change('after', cursor ?? '')}
          />
        )}
        <NotAMedicalDevice />
      </Stack>
    </Page>
  );
}

interface FilterFieldsProps {
  filters: Filters;
  sites: readonly { id: string; name: string }[];
  onChange: (name: FilterName, value: string) => void;
}

function FilterFields({ filters, sites, onChange }: FilterFieldsProps) {
  const seesImages = useMay('see images');
  return (
    <Box
      sx={{
        display: 'grid',
        gap: 1.5,
        gridTemplateColumns: { xs: 'repeat(2, minmax(0, 1fr))', md: 'repeat(5, minmax(0, 1fr))' },
      }}
    >
      {seesImages && (
        <DelayedTextField
          label="Case reference"
          value={filters.case}
          onChange={(value) => onChange('case', value)}
        />
      )}
      <ChoiceField
        label="Classified by"
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

/** A field in the list: its picture, its cells by outcome, and what was left out. */
function FieldCard({ field }: { field: FieldListEntryFragment }) {
  const seesImages = useMay('see images');
  const { id, fileName, image, createdAt, createdBy, caseReference, modelVersion } = field;
  const counts = countsText(field);
  return (
    <Paper component="li" sx={{ p: 1.5 }}>
      <Stack direction="row" spacing={2}>
        {seesImages && (
          <img
            src={image.thumbnailUrl}
            alt=""
            width={96}
            height={72}
            loading="lazy"
            style={{
              borderRadius: 6,
              objectFit: 'cover',
              background: colours.pictureBackground,
              flexShrink: 0,
            }}
          />
        )}
        <Box sx={{ minWidth: 0, flex: 1 }}>
          <Typography variant="h3" component="h2" sx={{ overflowWrap: 'anywhere' }}>
            <Link component={RouterLink} to={`/fields/${id}`} state={useLinkState()} underline="hover">
              {fileName ?? id}
            </Link>
          </Typography>
          <Typography variant="body2">
            {count(cellCount(field), 'cell')}
            {counts && `: ${counts}`}. {leftOutText(field)}
          </Typography>
          <Typography variant="caption" color="textSecondary" component="p">
            {caseReference && `${caseReference} · `}
            <DateTime iso={createdAt} />
            {createdBy && ` · ${createdBy.displayName}`} · {modelVersion.model.name} version{' '}
            {modelVersion.version}
          </Typography>
        </Box>
      </Stack>
    </Paper>
  );
}
