import { useQuery } from '@apollo/client/react';
import { Alert, Box, Button, Paper, Stack } from '@mui/material';
import { useSearchParams } from 'react-router';
import { graphql } from '../../graphql/index.js';
import { ChoiceField } from '../../ui/choice-field.js';
import { DateTime } from '../../ui/date-time.js';
import { DelayedTextField } from '../../ui/delayed-text-field.js';
import { EmptyState } from '../../ui/empty-state.js';
import { count } from '../../ui/format.js';
import { Loaded } from '../../ui/loaded.js';
import { PageButtons } from '../../ui/page-buttons.js';
import { Page } from '../../ui/page.js';
import { actionLabels } from './action-labels.js';
import { type AuditFilters, conditionsOf, exportPath, filterNames, filtersOf } from './audit-search.js';
import { EventTable } from './event-table.js';

const PAGE_SIZE = 50;

const auditPageQuery = graphql(`
  query AuditPage(
    $first: Int!
    $after: String
    $action: String
    $actorId: ID
    $entityId: ID
    $filter: AuditEventFilter
  ) {
    auditEvents(
      first: $first
      after: $after
      action: $action
      actorId: $actorId
      entityId: $entityId
      filter: $filter
    ) {
      totalCount
      archivedUntil
      pageInfo {
        hasNextPage
        endCursor
      }
      edges {
        node {
          ...AuditEventRow
        }
      }
    }
  }
`);

const auditedUsersQuery = graphql(`
  query AuditedUsers {
    users {
      id
      displayName
    }
  }
`);

/** The audit trail, newest event first. Filters and page are kept in the URL. */
export function AuditPage() {
  const [search, setSearch] = useSearchParams();
  const filters = filtersOf(search);
  const after = search.get('after') ?? undefined;
  const query = useQuery(auditPageQuery, {
    variables: { first: PAGE_SIZE, after, ...conditionsOf(filters) },
    fetchPolicy: 'cache-and-network',
  });
  const events = (query.data ?? (query.loading ? query.previousData : undefined))?.auditEvents;

  const change = (name: keyof AuditFilters | 'after', value: string | undefined) =>
    setSearch((current) => {
      const next = new URLSearchParams(current);
      next.delete('after');
      if (value) next.set(name, value);
      else next.delete(name);
      return next;
    });

  return (
    <Page
      title="Audit trail"
      subtitle={events ? count(events.totalCount, 'event') : 'What users did, and when'}
      actions={(['csv', 'jsonl'] as const).map((format) => (
        <Button key={format} variant="outlined" href={exportPath(format, filters)} download>
          {format === 'csv' ? 'Export as CSV' : 'Export as JSON lines'}
        </Button>
      ))}
    >
      <Stack spacing={2}>
        <Filters filters={filters} onChange={change} onReset={() => setSearch({})} />
        {events?.archivedUntil && (
          <Alert severity="info">
            Events until <DateTime iso={events.archivedUntil} /> were moved to the archive in the object
            store. They are neither in this list nor in the exports.
          </Alert>
        )}
        <Loaded query={query} content={events} rows={8}>
          {({ edges, pageInfo }) =>
            edges.length === 0 ? (
              <EmptyState title="No events match these filters">
                Choose other filters, or reset them.
              </EmptyState>
            ) : (
              <>
                <EventTable events={edges.map(({ node }) => node)} onFilter={change} />
                <PageButtons
                  label="Pages of the audit trail"
                  pageInfo={pageInfo}
                  after={after}
                  onAfter={(cursor) => change('after', cursor)}
                />
              </>
            )
          }
        </Loaded>
      </Stack>
    </Page>
  );
}

interface FiltersProps {
  filters: AuditFilters;
  onChange: (name: keyof AuditFilters, value: string) => void;
  onReset: () => void;
}

function Filters({ filters, onChange, onReset }: FiltersProps) {
  const users = useQuery(auditedUsersQuery).data?.users ?? [];
  const isFiltered = filterNames.some((name) => filters[name] !== '');
  const texts = [
    ['entity', 'Id of the object'],
    ['case', 'Case reference'],
  ] as const;
  return (
    <Paper sx={{ p: 2 }} component="search" aria-label="Filter events">
      <Box
        sx={{
          display: 'grid',
          gap: 1.5,
          gridTemplateColumns: { xs: 'repeat(2, minmax(0, 1fr))', md: 'repeat(4, minmax(0, 1fr))' },
        }}
      >
        <ChoiceField
          label="Action"
          value={filters.action}
          options={Object.entries(actionLabels)}
          onChange={(value) => onChange('action', value)}
        />
        <ChoiceField
          label="Outcome"
          value={filters.outcome}
          options={[
            ['success', 'Succeeded'],
            ['failure', 'Failed'],
          ]}
          onChange={(value) => onChange('outcome', value)}
        />
        <ChoiceField
          label="User"
          value={filters.actor}
          options={users.map(({ id, displayName }) => [id, displayName])}
          onChange={(value) => onChange('actor', value)}
        />
        {texts.map(([name, label]) => (
          <DelayedTextField
            key={name}
            label={label}
            value={filters[name]}
            onChange={(value) => onChange(name, value)}
          />
        ))}
        {(['from', 'to'] as const).map((name) => (
          <DelayedTextField
            key={name}
            label={name === 'from' ? 'From date' : 'To date'}
            type="date"
            value={filters[name]}
            onChange={(value) => onChange(name, value)}
            slotProps={{ inputLabel: { shrink: true } }}
          />
        ))}
      </Box>
      {isFiltered && (
        <Button size="small" onClick={onReset} sx={{ mt: 1 }}>
          Reset filters
        </Button>
      )}
    </Paper>
  );
}
