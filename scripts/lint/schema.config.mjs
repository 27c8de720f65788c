// The rules of Relay, and of names, for the schema of the API: every list can be paged in the same way.
//   npx eslint -c scripts/lint/schema.config.mjs server/graphql/schema.graphql
import graphql from '@graphql-eslint/eslint-plugin';
import { defineConfig } from 'eslint/config';

const schema = 'server/graphql/schema.graphql';

export default defineConfig({
  files: [schema],
  languageOptions: { parser: graphql.parser, parserOptions: { graphQLConfig: { schema } } },
  plugins: { '@graphql-eslint': graphql },
  rules: {
    ...graphql.configs['flat/schema-recommended'].rules,
    ...graphql.configs['flat/schema-relay'].rules,
    // Short lists, such as the classes of a model, are no connections. Rows of files have no id.
    '@graphql-eslint/relay-edge-types': [
      'error',
      { withEdgeSuffix: true, listTypeCanWrapOnlyEdgeType: false, shouldImplementNode: false },
    ],
    // Payloads, pages and values have no id.
    '@graphql-eslint/strict-id-in-types': 'off',
    // Names that say enough.
    '@graphql-eslint/require-description': 'off',
    // ErrorCode has the values of `extensions.code`, which is in no type.
    '@graphql-eslint/no-unreachable-types': 'off',
    // The contract has `Review.reviewer`.
    '@graphql-eslint/no-typename-prefix': 'off',
  },
});
