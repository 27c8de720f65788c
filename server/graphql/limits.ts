import { maxAliasesRule } from '@escape.tech/graphql-armor-max-aliases';
import { maxDepthRule } from '@escape.tech/graphql-armor-max-depth';
import { GraphQLError, type ValidationContext, type ValidationRule } from 'graphql';

/** Longest operation, in tokens: the web app's longest has a few hundred. */
export const MOST_TOKENS = 2_000;

/** A fault of the query like any other, instead of an exception. */
const reporting = (sentence: string) => ({
  propagateOnRejection: false,
  onReject: [(context: ValidationContext | null) => context?.reportError(new GraphQLError(sentence))],
});

/**
 * What a query may ask for at most. Relations lead round in circles (prediction → version → run → snapshot → items …):
 * depth bounds how often, aliases how many times side by side. Introspection may be deeper.
 */
export const limits: ValidationRule[] = [
  maxDepthRule({ n: 12, ignoreIntrospection: true, ...reporting('A query is at most 12 levels deep.') }),
  maxAliasesRule({ n: 30, ...reporting('A query has at most 30 aliases.') }),
];
