import { ApolloProvider } from '@apollo/client/react';
import { CssBaseline, ThemeProvider } from '@mui/material';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { RouterProvider } from 'react-router';
import { connectGraphql } from './app/apollo-client.js';
import { GraphqlConnectionProvider } from './app/graphql-connection.js';
import { createRouter } from './app/routes.js';
import { SignInGate } from './app/sign-in-gate.js';
import { theme } from './app/theme.js';
import { ClassificationQueueProvider } from './features/predictions/queue-context.js';

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no element with the id "root".');

const connection = connectGraphql(window.location);
const router = createRouter();

createRoot(root).render(
  <StrictMode>
    <ApolloProvider client={connection.client}>
      <GraphqlConnectionProvider value={connection}>
        <ThemeProvider theme={theme}>
          <CssBaseline />
          <SignInGate>
            <ClassificationQueueProvider>
              <RouterProvider router={router} />
            </ClassificationQueueProvider>
          </SignInGate>
        </ThemeProvider>
      </GraphqlConnectionProvider>
    </ApolloProvider>
  </StrictMode>,
);
