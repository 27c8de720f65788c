import { useMutation, useQuery } from '@apollo/client/react';
import {
  Button,
  Checkbox,
  FormControl,
  FormControlLabel,
  FormLabel,
  Radio,
  RadioGroup,
  Stack,
  TextField,
  Typography,
} from '@mui/material';
import { type SubmitEvent, useState } from 'react';
import { useNavigate, useSearchParams } from 'react-router';
import type { PredictionFilter, ReadingOrder } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { count } from '../../ui/format.js';
import { Loaded } from '../../ui/loaded.js';
import { Page } from '../../ui/page.js';
import { Problem } from '../../ui/problem.js';
import { Section } from '../../ui/section.js';
import { UserErrors } from '../../ui/user-errors.js';
import { variablesOf } from '../predictions/history-search.js';
import { NewDoubleReading } from './new-double-reading.js';

const cellsToChooseQuery = graphql(`
  query CellsToChoose($filter: PredictionFilter!, $unreviewed: PredictionFilter!) {
    all: predictions(first: 1, filter: $filter) {
      totalCount
      totalCountIsEstimate
    }
    unreviewed: predictions(first: 1, filter: $unreviewed) {
      totalCount
    }
  }
`);

const caseToReadQuery = graphql(`
  query CaseToRead($id: ID!) {
    case(id: $id) {
      id
      reference
    }
  }
`);

const startReadingMutation = graphql(`
  mutation StartReading($input: StartReadingInput!) {
    startReading(input: $input) {
      reading {
        id
      }
      userErrors {
        code
        message
      }
    }
  }
`);

/** The largest number of cells of a reading, as on the server. */
const MOST_CELLS = 500;

const orders: [ReadingOrder, string][] = [
  [
    'LEAST_CONFIDENT_FIRST',
    'Least confident first: cells without an answer, then those nearest to the threshold',
  ],
  ['RANDOM_SAMPLE', 'Random sample, for quality control'],
];

/** Starts a reading of a case (`?caseId=`) or of predictions that match the filters of the history, which are in the address. */
export function NewReadingPage() {
  const [search] = useSearchParams();
  const caseId = search.get('caseId');
  const filter: PredictionFilter = caseId === null ? variablesOf(search).filter : { caseId };
  return (
    <Page
      title="Start a reading"
      above={[{ title: 'Readings', path: '/readings' }]}
      subtitle={caseId !== null && <CaseName id={caseId} />}
    >
      <Stack spacing={2}>
        <NewReading filter={filter} isCase={caseId !== null} />
        {caseId !== null && <NewDoubleReading caseId={caseId} />}
      </Stack>
    </Page>
  );
}

function CaseName({ id }: { id: string }) {
  const { data } = useQuery(caseToReadQuery, { variables: { id } });
  return data?.case ? `Case ${data.case.reference ?? ''}` : null;
}

function NewReading({ filter, isCase }: { filter: PredictionFilter; isCase: boolean }) {
  const navigate = useNavigate();
  const [order, setOrder] = useState<ReadingOrder>('LEAST_CONFIDENT_FIRST');
  const [size, setSize] = useState('');
  const [blind, setBlind] = useState(false);
  const [isUnreviewed, setUnreviewed] = useState(true);
  const unreviewed = { ...filter, reviewed: false, verdict: undefined };
  const query = useQuery(cellsToChooseQuery, {
    variables: { filter, unreviewed },
    fetchPolicy: 'cache-and-network',
  });
  const [start, mutation] = useMutation(startReadingMutation, {
    onCompleted: ({ startReading: { reading } }) => {
      if (reading) void navigate(`/readings/${reading.id}`);
    },
  });
  // Cells that were reviewed belong to a sample for quality control too.
  const leavesOut = order === 'LEAST_CONFIDENT_FIRST' && isUnreviewed;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const input = {
      filter: leavesOut ? unreviewed : filter,
      order,
      blind,
      count: size === '' ? null : Number(size),
    };
    void start({ variables: { input } }).catch(() => undefined);
  };
  return (
    <Section title="Read alone">
      <Loaded query={query} content={query.data} rows={2}>
        {({ all, unreviewed: { totalCount: unreviewedCount } }) => (
          <Stack component="form" spacing={2} onSubmit={submit} sx={{ alignItems: 'flex-start' }}>
            <Typography variant="body2">
              {all.totalCountIsEstimate ? 'About ' : ''}
              {count(all.totalCount, 'cell')}{' '}
              {isCase ? 'in this case' : 'in the history that match the filters'},{' '}
              {unreviewedCount.toLocaleString()} of them without a review.
            </Typography>
            <FormControl>
              <FormLabel id="reading-order">Which cells</FormLabel>
              <RadioGroup
                aria-labelledby="reading-order"
                value={order}
                onChange={(event) => {
                  const chosen = orders.find(([value]) => value === event.target.value);
                  if (chosen) setOrder(chosen[0]);
                }}
              >
                {orders.map(([value, text]) => (
                  <FormControlLabel key={value} value={value} control={<Radio size="small" />} label={text} />
                ))}
              </RadioGroup>
            </FormControl>
            {order === 'LEAST_CONFIDENT_FIRST' && (
              <FormControlLabel
                control={
                  <Checkbox checked={isUnreviewed} onChange={(_, checked) => setUnreviewed(checked)} />
                }
                label="Only cells without a review"
              />
            )}
            <FormControlLabel
              control={<Checkbox checked={blind} onChange={(_, checked) => setBlind(checked)} />}
              label="Blind: without answers and reviews until the reading is finished"
            />
            <TextField
              label="Number of cells"
              type="number"
              value={size}
              onChange={(event) => setSize(event.target.value)}
              helperText={`Empty: all, at most ${MOST_CELLS}.`}
              slotProps={{ htmlInput: { min: 1, max: MOST_CELLS } }}
            />
            <UserErrors errors={mutation.data?.startReading.userErrors} />
            {mutation.error && <Problem error={mutation.error} />}
            <Button type="submit" variant="contained" loading={mutation.loading}>
              Start reading
            </Button>
          </Stack>
        )}
      </Loaded>
    </Section>
  );
}
