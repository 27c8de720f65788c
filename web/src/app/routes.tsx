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
import { type PagePath, pages } from './pages.js';
import { Shell } from './shell.js';
import { useMay } from '../session/viewer.js';

const history = { title: 'History', path: '/predictions' };
const models = { title: 'Models', path: '/models' };
const training = { title: 'Training', path: '/training' };
const ownAccount = { title: 'My account', path: '/account' };

function forUsersWho(needs: RoleNeededProps, children: RouteObject[]): RouteObject {
  return { element: <RoleNeeded {...needs} />, children };
}

function page(path: PagePath): RouteObject {
  return { path, lazy: pages[path] };
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
                [page('classify')],
              ),
              page('cases'),
              page('cases/:id'),
              page('cases/:id/report'),
              page('folders'),
              page('folders/:id'),
              page('predictions'),
              page('predictions/:id'),
              page('fields'),
              page('fields/:id'),
              page('models'),
              page('models/:name'),
              page('models/:name/compare'),
              page('models/:name/monitoring'),
              page('model-versions/:id'),
              forUsersWho(
                {
                  action: 'train',
                  title: 'Fit to this laboratory',
                  purpose: 'fit versions',
                  instead: models,
                },
                [page('model-versions/:id/fit')],
              ),
              page('fits/:id'),
              page('second-looks/:id'),
              page('readings'),
              page('readings/new'),
              page('readings/:id'),
              page('double-readings/:id'),
              page('datasets'),
              page('datasets/:id'),
              page('training'),
              forUsersWho(
                { action: 'train', title: 'New training run', purpose: 'train models', instead: training },
                [page('training/new')],
              ),
              page('training/:id'),
              forUsersWho(
                {
                  action: 'read the audit trail',
                  title: 'Audit trail',
                  purpose: 'read the audit trail',
                  instead: history,
                },
                [page('audit')],
              ),
              forUsersWho(
                { action: 'read users', title: 'People', purpose: 'see users', instead: ownAccount },
                [page('people'), page('people/:id')],
              ),
              forUsersWho(
                { action: 'manage users', title: 'Webhooks', purpose: 'manage webhooks', instead: history },
                [page('webhooks')],
              ),
              page('account'),
              { path: '*', Component: PageNotFound },
            ],
          },
        ],
      },
      {
        ...page('graphql'),
        HydrateFallback: () => <Loading />,
        ErrorBoundary: PageProblem,
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
