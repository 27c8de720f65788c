import { skipToken, useQuery } from '@apollo/client/react';
import { Link, Stack, Typography } from '@mui/material';
import { useState } from 'react';
import { Link as RouterLink } from 'react-router';
import { graphql } from '../../graphql/index.js';
import { DelayedTextField } from '../../ui/delayed-text-field.js';
import { dateTime } from '../../ui/format.js';
import { Problem } from '../../ui/problem.js';
import { Section } from '../../ui/section.js';

const championAtQuery = graphql(`
  query ChampionAt($modelName: String!, $at: DateTime!) {
    championAt(modelName: $modelName, at: $at) {
      id
      version
    }
  }
`);

/** Which version answered at a time that is asked for. */
export function ChampionAt({ modelName }: { modelName: string }) {
  const [typed, setTyped] = useState('');
  const at = instantOf(typed);
  const { data, error, refetch } = useQuery(
    championAtQuery,
    at === null ? skipToken : { variables: { modelName, at }, fetchPolicy: 'network-only' },
  );
  return (
    <Section title="Who was champion then?" hint="By the history of promotions.">
      <Stack
        direction={{ xs: 'column', sm: 'row' }}
        spacing={1.5}
        sx={{ alignItems: { xs: 'stretch', sm: 'center' } }}
      >
        <DelayedTextField
          label="Day and time"
          type="datetime-local"
          value={typed}
          onChange={setTyped}
          slotProps={{ inputLabel: { shrink: true } }}
        />
        {at && data && (
          <Typography role="status">
            {data.championAt ? (
              <>
                <Link component={RouterLink} to={`/model-versions/${data.championAt.id}`}>
                  Version {data.championAt.version}
                </Link>{' '}
                was champion at {dateTime(at)}.
              </>
            ) : (
              `No version was champion at ${dateTime(at)}.`
            )}
          </Typography>
        )}
      </Stack>
      {error && <Problem error={error} retry={() => void refetch()} />}
    </Section>
  );
}

/** 'YYYY-MM-DDTHH:MM' in the reader's time zone. */
function instantOf(typed: string): string | null {
  const date = new Date(typed);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}
