import { useQuery, useSubscription } from '@apollo/client/react';
import { Button, Link, Stack, Typography } from '@mui/material';
import { useState } from 'react';
import { Link as RouterLink, useParams } from 'react-router';
import { useMay } from '../../session/viewer.js';
import { graphql } from '../../graphql/index.js';
import { EmptyState } from '../../ui/empty-state.js';
import { Loading } from '../../ui/loading.js';
import { Page } from '../../ui/page.js';
import { Problem } from '../../ui/problem.js';
import { Section } from '../../ui/section.js';
import { Promotions } from './promotions.js';
import { RegisterDialog } from './register-dialog.js';
import { Replicas } from './replicas.js';
import { RollbackDialog } from './rollback-dialog.js';
import { VersionsTable } from './versions-table.js';

const PAGE_SIZE = 25;

const modelPageQuery = graphql(`
  query ModelPage($name: String!, $first: Int!) {
    model(name: $name) {
      id
      name
      description
      ...ModelStanding
      ...Replicas
      versions(first: $first) {
        totalCount
        pageInfo {
          hasNextPage
        }
        edges {
          node {
            ...VersionRow
          }
        }
      }
    }
  }
`);

const championChangedSubscription = graphql(`
  subscription ChampionChanged($modelName: String!) {
    championChanged(modelName: $modelName) {
      ...ModelStanding
    }
  }
`);

/** One model: its versions, who answers, and how that came to be. */
export function ModelPage() {
  const { name = '' } = useParams();
  const [first, setFirst] = useState(PAGE_SIZE);
  const { data, previousData, error, refetch } = useQuery(modelPageQuery, {
    variables: { name, first },
    fetchPolicy: 'cache-and-network',
  });
  const [asked, setAsked] = useState<'register' | 'roll back' | null>(null);
  const mayRegister = useMay('register models');
  const mayPromote = useMay('promote models');
  useSubscription(championChangedSubscription, {
    variables: { modelName: name },
    ignoreResults: true,
    // The aliases of the versions in the list may have changed too.
    onData: () => void refetch(),
  });

  const above = [{ title: 'Models', path: '/models' }];
  const model = (data ?? previousData)?.model;
  if (!data && !model) {
    return (
      <Page title={name} above={above}>
        {error ? <Problem error={error} retry={() => void refetch()} /> : <Loading rows={3} height={140} />}
      </Page>
    );
  }
  if (!model) {
    return (
      <Page title={name} above={above}>
        <EmptyState title="There is no such model">
          The models there are stand under{' '}
          <Link component={RouterLink} to="/models">
            Models
          </Link>
          .
        </EmptyState>
      </Page>
    );
  }
  return (
    <Page
      title={model.name}
      above={above}
      subtitle={model.description}
      actions={
        <>
          <Button component={RouterLink} to={`/models/${encodeURIComponent(model.name)}/monitoring`}>
            Monitoring
          </Button>
          {mayRegister && (
            <Button variant="outlined" onClick={() => setAsked('register')}>
              Register a version
            </Button>
          )}
          {mayPromote && model.champion && (
            <Button variant="outlined" onClick={() => setAsked('roll back')}>
              Roll back champion
            </Button>
          )}
        </>
      }
    >
      <Stack spacing={2}>
        <Section
          title="Versions"
          hint="Each is an artifact that never changes. Open one to see how it does and to promote it."
        >
          {model.versions.edges.length === 0 ? (
            <Typography color="textSecondary">
              No version yet: the first comes out of a training run, or is registered.
            </Typography>
          ) : (
            <VersionsTable versions={model.versions.edges.map(({ node }) => node)} />
          )}
          {model.versions.pageInfo.hasNextPage && (
            <Button onClick={() => setFirst(first + PAGE_SIZE)} sx={{ mt: 1 }}>
              Show more of {model.versions.totalCount}
            </Button>
          )}
        </Section>
        <Replicas model={model} />
        <Promotions promotions={model.promotions} />
      </Stack>
      {asked === 'register' && <RegisterDialog modelName={model.name} onClose={() => setAsked(null)} />}
      {asked === 'roll back' && <RollbackDialog model={model} onClose={() => setAsked(null)} />}
    </Page>
  );
}
