import { type GraphQLSchema, printSchema } from 'graphql';

/** What `server/graphql/schema.graphql` holds: the API as it is, for people, for clients and for their tools. */
export function schemaText(schema: GraphQLSchema): string {
  return `# Written by 'npm run schema' from the resolvers. A test fails when it is stale.\n\n${printSchema(schema)}\n`;
}
