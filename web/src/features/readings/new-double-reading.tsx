import { useMutation, useQuery } from '@apollo/client/react';
import { Button, MenuItem, Stack, TextField } from '@mui/material';
import { type SubmitEvent, useState } from 'react';
import { useNavigate } from 'react-router';
import { graphql } from '../../graphql/index.js';
import { Loaded } from '../../ui/loaded.js';
import { Problem } from '../../ui/problem.js';
import { Section } from '../../ui/section.js';
import { UserErrors } from '../../ui/user-errors.js';

const possibleReadersQuery = graphql(`
  query PossibleReaders($caseId: ID!) {
    possibleReaders(caseId: $caseId) {
      id
      displayName
      email
    }
  }
`);

const startDoubleReadingMutation = graphql(`
  mutation StartDoubleReading($input: StartDoubleReadingInput!) {
    startDoubleReading(input: $input) {
      doubleReading {
        id
      }
      userErrors {
        code
        message
      }
    }
  }
`);

type Chosen = [first: string, second: string, third: string];

const fields = ['First reader', 'Second reader', 'Third reader, where the two differ (optional)'] as const;

/** Gives two readers the same cells of a case. */
export function NewDoubleReading({ caseId }: { caseId: string }) {
  const navigate = useNavigate();
  const [chosen, setChosen] = useState<Chosen>(['', '', '']);
  const [size, setSize] = useState('');
  const query = useQuery(possibleReadersQuery, { variables: { caseId } });
  const [start, mutation] = useMutation(startDoubleReadingMutation, {
    onCompleted: ({ startDoubleReading: { doubleReading } }) => {
      if (doubleReading) void navigate(`/double-readings/${doubleReading.id}`);
    },
  });
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const [first, second, third] = chosen;
    const input = {
      caseId,
      readerIds: [first, second],
      thirdReaderId: third === '' ? null : third,
      count: size === '' ? null : Number(size),
    };
    void start({ variables: { input } }).catch(() => undefined);
  };
  return (
    <Section
      title="Double reading"
      hint="Two people read the same cells blind, each without knowing what the other says. The result is their agreement. Somebody else decides where they differ. Choose people who have not worked on this case."
    >
      <Loaded query={query} content={query.data?.possibleReaders}>
        {(readers) => (
          <Stack component="form" spacing={2} onSubmit={submit} sx={{ alignItems: 'flex-start' }}>
            {fields.map((label, index) => (
              <TextField
                key={label}
                select
                label={label}
                required={index < 2}
                value={chosen[index] ?? ''}
                onChange={({ target: { value } }) => setChosen((before) => withReader(before, index, value))}
                sx={{ minWidth: { xs: '100%', sm: 360 } }}
              >
                <MenuItem value="">{index < 2 ? 'Choose a person' : 'Anybody else who may review'}</MenuItem>
                {readers
                  .filter(({ id }) => chosen[index] === id || !chosen.includes(id))
                  .map(({ id, displayName, email }) => (
                    <MenuItem key={id} value={id}>
                      {displayName} ({email})
                    </MenuItem>
                  ))}
              </TextField>
            ))}
            <TextField
              label="Number of cells"
              type="number"
              value={size}
              onChange={(event) => setSize(event.target.value)}
              helperText="Drawn at random. Empty: all cells of the case, at most 500."
              slotProps={{ htmlInput: { min: 1, max: 500 } }}
            />
            <UserErrors errors={mutation.data?.startDoubleReading.userErrors} />
            {mutation.error && <Problem error={mutation.error} />}
            <Button
              type="submit"
              variant="contained"
              loading={mutation.loading}
              disabled={chosen[0] === '' || chosen[1] === ''}
            >
              Start double reading
            </Button>
          </Stack>
        )}
      </Loaded>
    </Section>
  );
}

function withReader([first, second, third]: Chosen, index: number, value: string): Chosen {
  return [index === 0 ? value : first, index === 1 ? value : second, index === 2 ? value : third];
}
