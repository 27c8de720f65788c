import { maxAliasesRule } from '@escape.tech/graphql-armor-max-aliases';
import { maxDepthRule } from '@escape.tech/graphql-armor-max-depth';
import { GraphQLError, type ValidationContext, type ValidationRule } from 'graphql';

/**
 * Maximum length of an operation, in tokens: the longest of the web app has a few hundred. Validation compares equal fields in pairs,
 * so that its time grows with the square of the length.
 */
export const MOST_TOKENS = 1_000;

/** The longest operation of somebody without a session or token, in bytes: enough for signing in and for reading the schema. */
export const LARGEST_OPERATION_OF_STRANGERS = 100_000;

/** Reports it as an error of the query instead of an exception. */
const reporting = (sentence: string) => ({
  propagateOnRejection: false,
  onReject: [(context: ValidationContext | null) => context?.reportError(new GraphQLError(sentence))],
});

/**
 * Limits of a query. Relations can be followed in circles (prediction → version → run → snapshot → items …): the depth limits
 * how often, the aliases how many times in parallel. Introspection may be deeper.
 */
export const limits: ValidationRule[] = [
  maxDepthRule({
    n: 12,
    ignoreIntrospection: true,
    flattenFragments: true, // only fields count: a fragment that names some of them adds no level
    ...reporting('A query is at most 12 levels deep.'),
  }),
  maxAliasesRule({ n: 30, allowList: [], ...reporting('A query has at most 30 aliases.') }),
];
