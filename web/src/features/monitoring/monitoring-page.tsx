import { skipToken, useQuery } from '@apollo/client/react';
import { Button, Stack, Typography } from '@mui/material';
import { useState } from 'react';
import { useParams, useSearchParams } from 'react-router';
import { graphql } from '../../graphql/index.js';
import { EmptyState } from '../../ui/empty-state.js';
import { DateTime } from '../../ui/date-time.js';
import { Loaded } from '../../ui/loaded.js';
import { Page } from '../../ui/page.js';
import { Section } from '../../ui/section.js';
import { ChampionAt } from './champion-at.js';
import { Drift } from './drift.js';
import { FitSuggestion } from './fit-suggestion.js';
import { windowOf } from './monitored-window.js';
import { ReaderAgreement } from '../readings/reader-agreement.js';
import { WindowFields } from './window-fields.js';
import { WindowFigures } from './window-figures.js';

const monitoringQuery = graphql(`
  query Monitoring($modelName: String!, $from: DateTime!, $to: DateTime!) {
    monitoring(modelName: $modelName, from: $from, to: $to) {
      from
      to
      ...WindowFigures
      features {
        name
        populationStabilityIndex
      }
      fitSuggestion {
        ...FitSuggestion
      }
    }
  }
`);

/** The results of all versions of a model in a time window. The window is kept in the URL. */
export function MonitoringPage() {
  const { name = '' } = useParams();
  const [search, setSearch] = useSearchParams();
  const [now, setNow] = useState(() => new Date());
  const requested = windowOf(search, now);
  const query = useQuery(
    monitoringQuery,
    requested === null
      ? skipToken
      : { variables: { modelName: name, ...requested }, fetchPolicy: 'cache-and-network' },
  );
  return (
    <Page
      title={`Monitoring of ${name}`}
      above={[
        { title: 'Models', path: '/models' },
        { title: name, path: `/models/${encodeURIComponent(name)}` },
      ]}
      actions={
        <Button variant="outlined" onClick={() => setNow(new Date())}>
          Refresh
        </Button>
      }
    >
      <Stack spacing={2}>
        <WindowFields search={search} onSearch={setSearch} />
        {requested === null ? (
          <Typography color="textSecondary">
            Choose a start date, and an end date that is not before it.
          </Typography>
        ) : (
          <Loaded query={query} content={query.data?.monitoring} rows={2} height={140}>
            {(window) => (
              <>
                {window.predictionCount === 0 ? (
                  <EmptyState title="No predictions in this time window">
                    {name} made no predictions from <DateTime iso={window.from} /> to{' '}
                    <DateTime iso={window.to} />.
                  </EmptyState>
                ) : (
                  <Section
                    title="Results"
                    hint={
                      <>
                        From <DateTime iso={window.from} /> to <DateTime iso={window.to} />
                      </>
                    }
                  >
                    <WindowFigures window={window} />
                  </Section>
                )}
                {window.fitSuggestion && <FitSuggestion suggestion={window.fitSuggestion} />}
                <Drift features={window.features} />
                <ReaderAgreement modelName={name} from={window.from} to={window.to} />
              </>
            )}
          </Loaded>
        )}
        <ChampionAt modelName={name} />
      </Stack>
    </Page>
  );
}
