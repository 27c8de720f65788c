import { type GraphQLSchema, printSchema } from 'graphql';

/** The text of `server/graphql/schema.graphql`: the current API, for readers, clients and their tools. */
export function schemaText(schema: GraphQLSchema): string {
  return `# Written by 'npm run schema' from the resolvers. A test fails when it is stale.\n\n${printSchema(schema)}\n`;
}
