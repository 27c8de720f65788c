import { skipToken, useQuery } from '@apollo/client/react';
import { Link, Stack, Typography } from '@mui/material';
import { useState } from 'react';
import { Link as RouterLink } from 'react-router';
import { graphql } from '../../graphql/index.js';
import { DelayedTextField } from '../../ui/delayed-text-field.js';
import { DateTime } from '../../ui/date-time.js';
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

/** Shows the version that was champion at a time the user enters. */
export function ChampionAt({ modelName }: { modelName: string }) {
  const [typed, setTyped] = useState('');
  const at = instantOf(typed);
  const { data, error, refetch } = useQuery(
    championAtQuery,
    at === null ? skipToken : { variables: { modelName, at }, fetchPolicy: 'network-only' },
  );
  return (
    <Section title="Champion at a given time" hint="From the promotion history.">
      <Stack
        direction={{ xs: 'column', sm: 'row' }}
        spacing={1.5}
        sx={{ alignItems: { xs: 'stretch', sm: 'center' } }}
      >
        <DelayedTextField
          label="Date and time"
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
                was champion on <DateTime iso={at} />.
              </>
            ) : (
              <>
                No version was champion on <DateTime iso={at} />.
              </>
            )}
          </Typography>
        )}
      </Stack>
      {error && <Problem error={error} retry={() => void refetch()} />}
    </Section>
  );
}

/** Converts 'YYYY-MM-DDTHH:MM' in the reader's time zone to ISO 8601. Null if the text is incomplete. */
function instantOf(typed: string): string | null {
  const date = new Date(typed);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}
