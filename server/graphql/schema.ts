import 'reflect-metadata';
import { type GraphQLSchema, lexicographicSortSchema } from 'graphql';
import { GraphQLDateTime } from 'graphql-scalars';
import { buildSchema, type NonEmptyArray } from 'type-graphql';
import { AccountResolver } from '../features/accounts/resolvers.js';
import { NodeResolver } from './node-resolver.js';

// eslint-disable-next-line @typescript-eslint/no-unsafe-function-type -- TypeGraphQL's own type for a list of classes
const resolvers: NonEmptyArray<Function> = [NodeResolver, AccountResolver];

/** The whole API: every feature's resolvers in one schema, sorted by name. */
export async function createSchema(): Promise<GraphQLSchema> {
  const schema = await buildSchema({
    resolvers,
    scalarsMap: [{ type: Date, scalar: GraphQLDateTime }],
    validate: false, // operations check their own input, and say in userErrors what would be right
  });
  return lexicographicSortSchema(schema);
}
