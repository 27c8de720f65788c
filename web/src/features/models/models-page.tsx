import { useQuery } from '@apollo/client/react';
import { Box, Button, Link, Paper, Stack, Typography } from '@mui/material';
import { useState } from 'react';
import { Link as RouterLink } from 'react-router';
import { useMay } from '../../session/viewer.js';
import type { ModelsPageQuery } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { EmptyState } from '../../ui/empty-state.js';
import { count } from '../../ui/format.js';
import { aliasLabels } from '../../ui/labels.js';
import { LoadedList } from '../../ui/loaded-list.js';
import { Page } from '../../ui/page.js';
import { RegisterDialog } from './register-dialog.js';

const modelsPageQuery = graphql(`
  query ModelsPage {
    models {
      id
      name
      description
      champion {
        id
        version
      }
      challenger {
        id
        version
      }
      versions(first: 1) {
        totalCount
      }
    }
  }
`);

/** The model registry: every model with its champion and challenger. */
export function ModelsPage() {
  const query = useQuery(modelsPageQuery, { fetchPolicy: 'cache-and-network' });
  const [registering, setRegistering] = useState(false);
  const mayRegister = useMay('register models');
  return (
    <Page
      title="Models"
      subtitle="The champion of a model classifies images. Its challenger runs on a sample of them for comparison only."
      actions={
        mayRegister && (
          <Button variant="outlined" onClick={() => setRegistering(true)}>
            Register a model
          </Button>
        )
      }
    >
      <LoadedList
        query={query}
        items={query.data?.models}
        rows={3}
        height={110}
        empty={
          <EmptyState title="No models yet">
            <Link component={RouterLink} to="/training">
              Train a model
            </Link>{' '}
            on a dataset snapshot, or register a model that was trained elsewhere.
          </EmptyState>
        }
      >
        {(model) => <ModelCard key={model.id} model={model} />}
      </LoadedList>
      {registering && <RegisterDialog modelName={null} onClose={() => setRegistering(false)} />}
    </Page>
  );
}

function ModelCard({ model }: { model: ModelsPageQuery['models'][number] }) {
  return (
    <Paper component="li" sx={{ p: 2.5 }}>
      <Stack direction={{ xs: 'column', sm: 'row' }} spacing={2} sx={{ justifyContent: 'space-between' }}>
        <Box sx={{ minWidth: 0 }}>
          <Typography variant="h2">
            <Link component={RouterLink} to={`/models/${encodeURIComponent(model.name)}`} underline="hover">
              {model.name}
            </Link>
          </Typography>
          {model.description && <Typography color="textSecondary">{model.description}</Typography>}
          <Typography variant="body2" color="textSecondary" sx={{ mt: 0.5 }}>
            {count(model.versions.totalCount, 'version')}
          </Typography>
        </Box>
        <Stack direction="row" spacing={4}>
          <AliasVersion title={aliasLabels.CHAMPION} version={model.champion} />
          <AliasVersion title={aliasLabels.CHALLENGER} version={model.challenger} />
        </Stack>
      </Stack>
    </Paper>
  );
}

interface AliasVersionProps {
  title: string;
  version?: { id: string; version: number } | null;
}

function AliasVersion({ title, version }: AliasVersionProps) {
  return (
    <Box>
      <Typography variant="body2" color="textSecondary">
        {title}
      </Typography>
      {version ? (
        <Link component={RouterLink} to={`/model-versions/${version.id}`}>
          Version {version.version}
        </Link>
      ) : (
        <Typography>None</Typography>
      )}
    </Box>
  );
}
