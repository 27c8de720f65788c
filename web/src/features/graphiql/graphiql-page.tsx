import 'graphiql/setup-workers/vite';
import 'graphiql/style.css';
import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { GraphiQL } from 'graphiql';
import { useMemo } from 'react';

const FIRST_QUERY = `# Ctrl-Enter sends the query.
# Ctrl-Space suggests fields.
# The book on the left describes them.

query Newest {
  predictions(first: 5) {
    totalCount
    edges {
      node {
        id
        createdAt
        outcome
        label
        confidence
      }
    }
  }
}
`;

/** The page at /graphql, on which people try queries with their own session. It can change data, as the rest of the app can. */
export function GraphiqlPage() {
  const fetcher = useMemo(() => {
    const url = new URL('graphql', document.baseURI).href;
    const headers = { 'apollo-require-preflight': 'true' };
    return createGraphiQLFetcher({ url, headers, subscriptionUrl: url.replace(/^http/, 'ws') });
  }, []);
  return (
    <main style={{ height: '100vh' }}>
      <GraphiQL fetcher={fetcher} defaultQuery={FIRST_QUERY} storage={inThisWindow} />
    </main>
  );
}

/** Queries can name a patient's case, so they are kept only until the window is closed. */
const inThisWindow = window.sessionStorage;
