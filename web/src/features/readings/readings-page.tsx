import { useQuery } from '@apollo/client/react';
import { Button, Link, Paper, Stack, Typography } from '@mui/material';
import { Link as RouterLink } from 'react-router';
import type { DoubleReadingEntryFragment, ReadingEntryFragment } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { useMay } from '../../session/viewer.js';
import { DateTime } from '../../ui/date-time.js';
import { EmptyState } from '../../ui/empty-state.js';
import { count } from '../../ui/format.js';
import { LoadedList } from '../../ui/loaded-list.js';
import { Page } from '../../ui/page.js';
import { Section } from '../../ui/section.js';
import { readingName } from './reading-words.js';

export const readingEntryFragment = graphql(`
  fragment ReadingEntry on Reading {
    id
    createdAt
    finishedAt
    blind
    origin
    part
    cellCount
    decidedCount
    case {
      id
      reference
    }
    createdBy {
      id
      displayName
    }
  }
`);

export const doubleReadingEntryFragment = graphql(`
  fragment DoubleReadingEntry on DoubleReading {
    id
    createdAt
    case {
      id
      reference
    }
    progress {
      part
      finishedAt
      reader {
        id
        displayName
      }
    }
    disagreements {
      count
      openCount
    }
  }
`);

const readingsQuery = graphql(`
  query Readings {
    readings {
      ...ReadingEntry
    }
  }
`);

export const doubleReadingsQuery = graphql(`
  query DoubleReadings($caseId: ID) {
    doubleReadings(caseId: $caseId) {
      ...DoubleReadingEntry
    }
  }
`);

/** The viewer's own readings, open ones first, and the double readings of all cases. */
export function ReadingsPage() {
  const mayReview = useMay('review');
  return (
    <Page
      title="Readings"
      subtitle="Cells to read one after the other, with pauses if need be"
      actions={
        mayReview && (
          <Button component={RouterLink} to="/readings/new" variant="contained">
            Start a reading
          </Button>
        )
      }
    >
      <Stack spacing={2}>
        {mayReview && <OwnReadings />}
        <Section title="Double readings">
          <DoubleReadings />
        </Section>
      </Stack>
    </Page>
  );
}

function OwnReadings() {
  const query = useQuery(readingsQuery, { fetchPolicy: 'cache-and-network' });
  const readings = query.data?.readings.toSorted(
    (one, other) => Number(one.finishedAt !== null) - Number(other.finishedAt !== null),
  );
  return (
    <Section title="Your readings">
      <LoadedList
        query={query}
        items={readings}
        rows={3}
        height={64}
        empty={
          <EmptyState title="You have no readings">
            Start one here, on the page of a case, or from the filters of the history.
          </EmptyState>
        }
      >
        {(reading) => <OwnReading key={reading.id} reading={reading} />}
      </LoadedList>
    </Section>
  );
}

function OwnReading({ reading }: { reading: ReadingEntryFragment }) {
  const { id, createdAt, finishedAt, cellCount, decidedCount, createdBy, case: ofCase } = reading;
  const name = readingName(reading);
  return (
    <Paper component="li" variant="outlined" sx={{ px: 2, py: 1.5 }}>
      <Link component={RouterLink} to={`/readings/${id}`}>
        {ofCase?.reference ? `${name}: ${ofCase.reference}` : name}
      </Link>
      <Typography variant="body2" color="textSecondary">
        {finishedAt === null
          ? `${decidedCount} of ${count(cellCount, 'cell')} decided`
          : `Finished, ${count(decidedCount, 'cell')}`}
        {' · '}
        <DateTime iso={createdAt} /> by {createdBy.displayName}
      </Typography>
    </Paper>
  );
}

/** The newest double readings, of one case or of all. */
export function DoubleReadings({ caseId }: { caseId?: string }) {
  const query = useQuery(doubleReadingsQuery, { variables: { caseId }, fetchPolicy: 'cache-and-network' });
  return (
    <LoadedList
      query={query}
      items={query.data?.doubleReadings}
      rows={2}
      height={64}
      empty={
        <Typography variant="body2" color="textSecondary">
          There are none. A double reading is started on the page of a case: two people read the same cells
          blind.
        </Typography>
      }
    >
      {(double) => <Entry key={double.id} double={double} showsCase={caseId === undefined} />}
    </LoadedList>
  );
}

function Entry({ double, showsCase }: { double: DoubleReadingEntryFragment; showsCase: boolean }) {
  const { id, createdAt, case: ofCase, progress } = double;
  const readers = progress.filter(({ part }) => part !== 'THIRD').map(({ reader }) => reader.displayName);
  return (
    <Paper component="li" variant="outlined" sx={{ px: 2, py: 1.5 }}>
      <Link component={RouterLink} to={`/double-readings/${id}`}>
        {showsCase ? `${ofCase.reference ?? 'Case'}: ` : ''}
        {readers.join(' and ')}
      </Link>
      <Typography variant="body2" color="textSecondary">
        {stateOf(double)} · <DateTime iso={createdAt} />
      </Typography>
    </Paper>
  );
}

function stateOf({ progress, disagreements }: DoubleReadingEntryFragment): string {
  if (disagreements === null) {
    const finished = progress.filter(
      ({ part, finishedAt }) => part !== 'THIRD' && finishedAt !== null,
    ).length;
    return `${finished} of 2 readers have finished`;
  }
  const { count: all, openCount } = disagreements;
  if (all === 0) return 'No disagreement';
  return openCount === 0
    ? `${count(all, 'disagreement')}, decided by a third reader`
    : `${count(openCount, 'open disagreement')} of ${all}`;
}
