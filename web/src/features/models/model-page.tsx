import { useQuery, useSubscription } from '@apollo/client/react';
import { Button, Stack, Typography } from '@mui/material';
import { useState } from 'react';
import { Link as RouterLink, useParams } from 'react-router';
import { useMay } from '../../session/viewer.js';
import type { ModelPageQuery } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { LoadedPage } from '../../ui/loaded-page.js';
import { Page } from '../../ui/page.js';
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

/** One model: its versions, the servers that run it, and its promotion history. */
export function ModelPage() {
  const { name = '' } = useParams();
  const [first, setFirst] = useState(PAGE_SIZE);
  const query = useQuery(modelPageQuery, {
    variables: { name, first },
    fetchPolicy: 'cache-and-network',
  });
  useSubscription(championChangedSubscription, {
    variables: { modelName: name },
    ignoreResults: true,
    // The aliases of the versions in the list may have changed too.
    onData: () => void query.refetch(),
  });

  return (
    <LoadedPage query={query} item={(query.data ?? query.previousData)?.model} kind="Model" list={models}>
      {(model) => <Model model={model} onMore={() => setFirst(first + PAGE_SIZE)} />}
    </LoadedPage>
  );
}

const models = { title: 'Models', path: '/models' };

interface ModelProps {
  model: NonNullable<ModelPageQuery['model']>;
  /** Loads more versions. */
  onMore: () => void;
}

function Model({ model, onMore }: ModelProps) {
  const [opened, setOpened] = useState<'register' | 'roll back' | null>(null);
  const mayRegister = useMay('register models');
  const mayPromote = useMay('promote models');
  return (
    <Page
      title={model.name}
      above={[models]}
      subtitle={model.description}
      actions={
        <>
          <Button component={RouterLink} to={`/models/${encodeURIComponent(model.name)}/monitoring`}>
            Monitoring
          </Button>
          {mayRegister && (
            <Button variant="outlined" onClick={() => setOpened('register')}>
              Register a version
            </Button>
          )}
          {mayPromote && model.promotions.some(({ alias }) => alias === 'CHAMPION') && (
            <Button variant="outlined" onClick={() => setOpened('roll back')}>
              Roll back champion
            </Button>
          )}
        </>
      }
    >
      <Stack spacing={2}>
        <Section
          title="Versions"
          hint="A version never changes. Open a version to see its evaluations or to promote it."
        >
          {model.versions.edges.length === 0 ? (
            <Typography color="textSecondary">
              No versions yet. Start a training run or register a version that was trained elsewhere.
            </Typography>
          ) : (
            <VersionsTable modelName={model.name} versions={model.versions.edges.map(({ node }) => node)} />
          )}
          {model.versions.pageInfo.hasNextPage && (
            <Button onClick={onMore} sx={{ mt: 1 }}>
              Show more of {model.versions.totalCount}
            </Button>
          )}
        </Section>
        <Replicas model={model} />
        <Promotions promotions={model.promotions} />
      </Stack>
      {opened === 'register' && <RegisterDialog modelName={model.name} onClose={() => setOpened(null)} />}
      {opened === 'roll back' && <RollbackDialog model={model} onClose={() => setOpened(null)} />}
    </Page>
  );
}
