import { maxAliasesRule } from '@escape.tech/graphql-armor-max-aliases';
import { maxDepthRule } from '@escape.tech/graphql-armor-max-depth';
import type { ValidationRule } from 'graphql';

/** Longest operation, in tokens: the web app's longest has a few hundred. */
export const MOST_TOKENS = 2_000;

/**
 * What a query may ask for at most. Relations lead round in circles (prediction → version → run → snapshot → items …):
 * depth bounds how often, aliases how many times side by side. Introspection may be deeper.
 */
export const limits: ValidationRule[] = [
  maxDepthRule({ n: 12, ignoreIntrospection: true, errorMessage: 'The query is nested too deeply:' }),
  maxAliasesRule({ n: 30, errorMessage: 'The query has too many aliases:' }),
];
