import { Link } from '@mui/material';
import {
  createBrowserRouter,
  Link as RouterLink,
  Navigate,
  type RouteObject,
  useRouteError,
} from 'react-router';
import { EmptyState } from '../ui/empty-state.js';
import { Loading } from '../ui/loading.js';
import { Page } from '../ui/page.js';
import { Problem } from '../ui/problem.js';
import { basePath } from './base-path.js';
import { RoleNeeded, type RoleNeededProps } from './role-needed.js';
import { Shell } from './shell.js';
import { useMay } from '../session/viewer.js';

const history = { title: 'History', path: '/predictions' };
const models = { title: 'Models', path: '/models' };
const training = { title: 'Training', path: '/training' };
const ownAccount = { title: 'My account', path: '/account' };

function forUsersWho(needs: RoleNeededProps, children: RouteObject[]): RouteObject {
  return { element: <RoleNeeded {...needs} />, children };
}

/** The route of every page. The code of a page is loaded on its first visit. */
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
              forUsersWho(
                { action: 'classify', title: 'Classify', purpose: 'classify images', instead: history },
                [
                  {
                    path: 'classify',
                    lazy: async () => ({
                      Component: (await import('../features/predictions/classify-page.js')).ClassifyPage,
                    }),
                  },
                ],
              ),
              {
                path: 'cases',
                lazy: async () => ({
                  Component: (await import('../features/cases/cases-page.js')).CasesPage,
                }),
              },
              {
                path: 'cases/:id',
                lazy: async () => ({
                  Component: (await import('../features/cases/case-page.js')).CasePage,
                }),
              },
              {
                path: 'cases/:id/report',
                lazy: async () => ({
                  Component: (await import('../features/reports/report-page.js')).ReportPage,
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
                path: 'fields',
                lazy: async () => ({
                  Component: (await import('../features/fields/fields-page.js')).FieldsPage,
                }),
              },
              {
                path: 'fields/:id',
                lazy: async () => ({
                  Component: (await import('../features/fields/field-page.js')).FieldPage,
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
                path: 'models/:name/compare',
                lazy: async () => ({
                  Component: (await import('../features/models/comparison/compare-page.js')).ComparePage,
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
              forUsersWho(
                {
                  action: 'train',
                  title: 'Fit to this laboratory',
                  purpose: 'fit versions',
                  instead: models,
                },
                [
                  {
                    path: 'model-versions/:id/fit',
                    lazy: async () => ({
                      Component: (await import('../features/fitting/new-fit-page.js')).NewFitPage,
                    }),
                  },
                ],
              ),
              {
                path: 'fits/:id',
                lazy: async () => ({ Component: (await import('../features/fitting/fit-page.js')).FitPage }),
              },
              {
                path: 'second-looks/:id',
                lazy: async () => ({
                  Component: (await import('../features/fitting/second-look-page.js')).SecondLookPage,
                }),
              },
              {
                path: 'readings',
                lazy: async () => ({
                  Component: (await import('../features/readings/readings-page.js')).ReadingsPage,
                }),
              },
              {
                path: 'readings/new',
                lazy: async () => ({
                  Component: (await import('../features/readings/new-reading-page.js')).NewReadingPage,
                }),
              },
              {
                path: 'readings/:id',
                lazy: async () => ({
                  Component: (await import('../features/readings/reading-page.js')).ReadingPage,
                }),
              },
              {
                path: 'double-readings/:id',
                lazy: async () => ({
                  Component: (await import('../features/readings/double-reading-page.js')).DoubleReadingPage,
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
              forUsersWho(
                { action: 'train', title: 'New training run', purpose: 'train models', instead: training },
                [
                  {
                    path: 'training/new',
                    lazy: async () => ({
                      Component: (await import('../features/training/new-run-page.js')).NewRunPage,
                    }),
                  },
                ],
              ),
              {
                path: 'training/:id',
                lazy: async () => ({ Component: (await import('../features/training/run-page.js')).RunPage }),
              },
              forUsersWho(
                {
                  action: 'read the audit trail',
                  title: 'Audit trail',
                  purpose: 'read the audit trail',
                  instead: history,
                },
                [
                  {
                    path: 'audit',
                    lazy: async () => ({
                      Component: (await import('../features/audit/audit-page.js')).AuditPage,
                    }),
                  },
                ],
              ),
              forUsersWho(
                { action: 'read users', title: 'People', purpose: 'see users', instead: ownAccount },
                [
                  {
                    path: 'people',
                    lazy: async () => ({
                      Component: (await import('../features/accounts/people-page.js')).PeoplePage,
                    }),
                  },
                  {
                    path: 'people/:id',
                    lazy: async () => ({
                      Component: (await import('../features/accounts/person-page.js')).PersonPage,
                    }),
                  },
                ],
              ),
              forUsersWho(
                { action: 'manage users', title: 'Webhooks', purpose: 'manage webhooks', instead: history },
                [
                  {
                    path: 'webhooks',
                    lazy: async () => ({
                      Component: (await import('../features/webhooks/webhooks-page.js')).WebhooksPage,
                    }),
                  },
                ],
              ),
              {
                path: 'account',
                lazy: async () => ({
                  Component: (await import('../features/accounts/my-account-page.js')).MyAccountPage,
                }),
              },
              { path: '*', Component: PageNotFound },
            ],
          },
        ],
      },
      {
        path: 'graphql',
        HydrateFallback: () => <Loading />,
        ErrorBoundary: PageProblem,
        lazy: async () => ({
          Component: (await import('../features/graphiql/graphiql-page.js')).GraphiqlPage,
        }),
      },
    ],
    { basename: basePath() },
  );
}

/** The start page: classification for users who may classify, the history for others. */
function Home() {
  return <Navigate to={useMay('classify') ? '/classify' : '/predictions'} replace />;
}

function PageNotFound() {
  return (
    <Page title="Page not found">
      <EmptyState title="There is no page at this address">
        Check the address, or go to the{' '}
        <Link component={RouterLink} to="/">
          start page
        </Link>
        .
      </EmptyState>
    </Page>
  );
}

/** Shown if a page throws an error or its code cannot be loaded, for example after an update. The rest of the app still works. */
function PageProblem() {
  const error = useRouteError();
  return (
    <Page title="This page cannot be displayed">
      <Problem error={error} retry={() => window.location.reload()} />
    </Page>
  );
}
