import { createContext, use } from 'react';
import type { GraphqlConnection } from './apollo-client.js';

const ConnectionContext = createContext<GraphqlConnection | null>(null);

export const GraphqlConnectionProvider = ConnectionContext.Provider;

export function useGraphqlConnection(): GraphqlConnection {
  const connection = use(ConnectionContext);
  if (!connection)
    throw new Error('useGraphqlConnection is for what stands inside GraphqlConnectionProvider.');
  return connection;
}
