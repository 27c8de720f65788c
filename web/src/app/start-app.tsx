import { ApolloProvider } from '@apollo/client/react';
import { CssBaseline, ThemeProvider } from '@mui/material';
import { startTransition, StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { RouterProvider } from 'react-router';
import { createApolloClient } from './apollo-client.js';
import { registerServiceWorker } from './register-service-worker.js';
import { createRouter } from './routes.js';
import { SignInGate } from './sign-in-gate.js';
import { theme } from './theme.js';
import type { Viewer } from '../session/viewer.js';
import { viewerQuery } from '../session/viewer-query.js';
import { ChosenCaseProvider } from '../session/chosen-case.js';
import { ClassificationQueueProvider } from '../features/predictions/queue-context.js';

/**
 * Shows the app.
 * @param viewer who is signed in; undefined if that is not known yet
 */
export function startApp(root: HTMLElement, viewer: Viewer | null | undefined): void {
  registerServiceWorker();
  const client = createApolloClient(document.baseURI);
  if (viewer !== undefined) client.writeQuery({ query: viewerQuery, data: { viewer } });
  const router = createRouter();
  const app = (
    <StrictMode>
      <ApolloProvider client={client}>
        <ThemeProvider theme={theme} defaultMode="system" modeStorageKey="cytograph colour mode">
          <CssBaseline />
          <ClassificationQueueProvider>
            <SignInGate>
              <ChosenCaseProvider>
                <RouterProvider router={router} />
              </ChosenCaseProvider>
            </SignInGate>
          </ClassificationQueueProvider>
        </ThemeProvider>
      </ApolloProvider>
    </StrictMode>
  );
  // As a transition, React gives the browser a turn every few milliseconds. Otherwise the first page would be one long task.
  startTransition(() => createRoot(root).render(app));
}
