import { ApolloProvider } from '@apollo/client/react';
import { CssBaseline, ThemeProvider } from '@mui/material';
import { startTransition, StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { RouterProvider } from 'react-router';
import { createApolloClient } from './app/apollo-client.js';
import { registerServiceWorker } from './app/register-service-worker.js';
import { createRouter } from './app/routes.js';
import { SignInGate } from './app/sign-in-gate.js';
import { theme } from './app/theme.js';
import { ChosenCaseProvider } from './session/chosen-case.js';
import { ClassificationQueueProvider } from './features/predictions/queue-context.js';

registerServiceWorker();

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no element with the id "root".');

const client = createApolloClient(document.baseURI);
const router = createRouter();

// As a transition, React gives the browser a turn every few milliseconds. Otherwise the first page would be one long task.
startTransition(() =>
  createRoot(root).render(
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
    </StrictMode>,
  ),
);
