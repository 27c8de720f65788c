import type { Plugin } from 'vite';
import { graphql } from './src/graphql/index.js';

const IMPORT = /^import \{ graphql \} from '[./]*\/graphql\/index\.js';$/m;
const CALL = /\bgraphql\(`([^`]*)`\)/g;

/**
 * Puts each GraphQL document into the module that uses it, so that a page loads only its own documents. The generated function
 * `graphql` finds documents in a table of all of them, which every page would load.
 */
export function inlineDocuments(): Plugin {
  return {
    name: 'inline-documents',
    apply: 'build',
    enforce: 'pre',
    transform: {
      filter: { id: /\/web\/src\/(app|features|session|ui)\//, code: 'graphql(`' },
      handler: (code) =>
        code.replace(IMPORT, '').replace(CALL, (_call, source: string) => documentOf(source)),
    },
  };
}

function documentOf(source: string): string {
  const document: unknown = graphql(source);
  if (typeof document !== 'object' || document === null || !('kind' in document))
    throw new Error(
      `The generated documents are out of date: "${source.trim().split('\n')[0] ?? ''}" is missing.`,
    );
  return JSON.stringify(document);
}
