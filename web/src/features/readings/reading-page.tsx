import { useMutation, useQuery } from '@apollo/client/react';
import { Alert, Stack } from '@mui/material';
import { useParams } from 'react-router';
import type { ReadingDetailsFragment } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { DateTime } from '../../ui/date-time.js';
import { LoadedPage } from '../../ui/loaded-page.js';
import { Page } from '../../ui/page.js';
import { Problem } from '../../ui/problem.js';
import { UserErrors } from '../../ui/user-errors.js';
import { CellReader } from './cell-reader.js';
import { ReadCells } from './read-cells.js';
import { readingName } from './reading-words.js';

export const readingDetailsFragment = graphql(`
  fragment ReadingDetails on Reading {
    id
    createdAt
    finishedAt
    blind
    origin
    part
    case {
      id
      reference
    }
    doubleReading {
      id
    }
    createdBy {
      id
      displayName
    }
    cells {
      ...CellToRead
    }
  }
`);

const readingPageQuery = graphql(`
  query ReadingPage($id: ID!) {
    reading(id: $id) {
      ...ReadingDetails
    }
  }
`);

const finishReadingMutation = graphql(`
  mutation FinishReading($id: ID!) {
    finishReading(id: $id) {
      reading {
        ...ReadingDetails
      }
      userErrors {
        code
        message
      }
    }
  }
`);

const readings = { title: 'Readings', path: '/readings' };

/** One reading: its cells one after the other, or what was decided when it is finished. */
export function ReadingPage() {
  const { id = '' } = useParams();
  const query = useQuery(readingPageQuery, { variables: { id }, fetchPolicy: 'cache-and-network' });
  return (
    <LoadedPage query={query} item={query.data?.reading} kind="Reading" list={readings}>
      {(reading) => <OneReading key={reading.id} reading={reading} />}
    </LoadedPage>
  );
}

function OneReading({ reading }: { reading: ReadingDetailsFragment }) {
  const { id, cells, finishedAt, createdAt, createdBy } = reading;
  const [finish, mutation] = useMutation(finishReadingMutation);
  const finishNow = () => void finish({ variables: { id } }).catch(() => undefined);
  return (
    <Page
      title={readingName(reading)}
      above={[readings]}
      subtitle={
        <>
          Started by {createdBy.displayName}, <DateTime iso={createdAt} />
        </>
      }
    >
      <Stack spacing={2}>
        <UserErrors errors={mutation.data?.finishReading.userErrors} />
        {mutation.error && <Problem error={mutation.error} />}
        {finishedAt !== null ? (
          <ReadCells reading={reading} finishedAt={finishedAt} />
        ) : cells.length === 0 ? (
          <Alert severity="info">
            There are no cells here: they are of a site that you do not see, or their cases were erased.
          </Alert>
        ) : (
          <CellReader reading={reading} onFinish={finishNow} isFinishing={mutation.loading} />
        )}
      </Stack>
    </Page>
  );
}
