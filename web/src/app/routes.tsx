import { Link } from '@mui/material';
import { createBrowserRouter, Link as RouterLink, Navigate, useRouteError } from 'react-router';
import { EmptyState } from '../ui/empty-state.js';
import { Loading } from '../ui/loading.js';
import { Page } from '../ui/page.js';
import { Problem } from '../ui/problem.js';
import { basePath } from './base-path.js';
import { Shell } from './shell.js';
import { useMay } from '../session/viewer.js';

/** Every page under its address; the code of each is loaded when it is first visited. */
export function createRouter() {
  return createBrowserRouter(
    [
      {
        Component: Shell,
        HydrateFallback: () => <Loading />,
        children: [
          {
            ErrorBoundary: PageProblem,
            children: [
              { index: true, Component: Home },
              {
                path: 'classify',
                lazy: async () => ({
                  Component: (await import('../features/predictions/classify-page.js')).ClassifyPage,
                }),
              },
              {
                path: 'folders',
                lazy: async () => ({
                  Component: (await import('../features/bulk/folders-page.js')).FoldersPage,
                }),
              },
              {
                path: 'folders/:id',
                lazy: async () => ({
                  Component: (await import('../features/bulk/folder-page.js')).FolderPage,
                }),
              },
              {
                path: 'predictions',
                lazy: async () => ({
                  Component: (await import('../features/predictions/history-page.js')).HistoryPage,
                }),
              },
              {
                path: 'predictions/:id',
                lazy: async () => ({
                  Component: (await import('../features/predictions/prediction-page.js')).PredictionPage,
                }),
              },
              {
                path: 'models',
                lazy: async () => ({
                  Component: (await import('../features/models/models-page.js')).ModelsPage,
                }),
              },
              {
                path: 'models/:name',
                lazy: async () => ({
                  Component: (await import('../features/models/model-page.js')).ModelPage,
                }),
              },
              {
                path: 'models/:name/monitoring',
                lazy: async () => ({
                  Component: (await import('../features/monitoring/monitoring-page.js')).MonitoringPage,
                }),
              },
              {
                path: 'model-versions/:id',
                lazy: async () => ({
                  Component: (await import('../features/models/model-version-page.js')).ModelVersionPage,
                }),
              },
              {
                path: 'datasets',
                lazy: async () => ({
                  Component: (await import('../features/datasets/datasets-page.js')).DatasetsPage,
                }),
              },
              {
                path: 'datasets/:id',
                lazy: async () => ({
                  Component: (await import('../features/datasets/dataset-page.js')).DatasetPage,
                }),
              },
              {
                path: 'training',
                lazy: async () => ({
                  Component: (await import('../features/training/training-page.js')).TrainingPage,
                }),
              },
              {
                path: 'training/new',
                lazy: async () => ({
                  Component: (await import('../features/training/new-run-page.js')).NewRunPage,
                }),
              },
              {
                path: 'training/:id',
                lazy: async () => ({ Component: (await import('../features/training/run-page.js')).RunPage }),
              },
              { path: '*', Component: NoSuchPage },
            ],
          },
        ],
      },
    ],
    { basename: basePath() },
  );
}

/** The first page of those who classify is where they do it; the others read. */
function Home() {
  return <Navigate to={useMay('classify') ? '/classify' : '/predictions'} replace />;
}

function NoSuchPage() {
  return (
    <Page title="There is no such page">
      <EmptyState title="Nothing stands at this address">
        Go on from{' '}
        <Link component={RouterLink} to="/">
          the start
        </Link>
        .
      </EmptyState>
    </Page>
  );
}

/** A page that broke, or whose code could not be loaded (after an update, say): the rest of the app goes on. */
function PageProblem() {
  const error = useRouteError();
  return (
    <Page title="This page could not be shown">
      <Problem error={error} retry={() => window.location.reload()} />
    </Page>
  );
}
