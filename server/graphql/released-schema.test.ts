import { CriticalityLevel, diff, DiffRule } from '@graphql-inspector/core';
import { readFile } from 'node:fs/promises';
import { buildSchema, type GraphQLSchema } from 'graphql';

const source = (name: string) =>
  readFile(new URL(`../../../server/graphql/${name}`, import.meta.url), 'utf8');

/** The changes that break programs which use the older schema. A field may be removed if the last release said that it was deprecated. */
async function breakingChanges(older: GraphQLSchema, newer: GraphQLSchema): Promise<string[]> {
  const changes = await diff(older, newer, [DiffRule.suppressRemovalOfDeprecatedField]);
  return changes
    .filter(({ criticality }) => criticality.level === CriticalityLevel.Breaking)
    .map(({ message }) => message);
}

test('breaks no program that uses the last release', async () => {
  const [released, schema] = await Promise.all(['released.graphql', 'schema.graphql'].map(source));
  expect(await breakingChanges(buildSchema(released ?? ''), buildSchema(schema ?? ''))).toEqual([]);
});

test.each([
  ['size: Int!', '', ["Field 'size' was removed from object type 'Cell'"]],
  ['size: Int!', 'size: Float!', ["Field 'Cell.size' changed type from 'Int!' to 'Float!'"]],
  [
    'first: Int',
    'first: Int!',
    ["Type for argument 'first' on field 'Query.cells' changed from 'Int' to 'Int!'"],
  ],
  ['old: Int @deprecated(reason: "Use size.")', '', []],
  ['size: Int!', 'size: Int! unit: String!', []],
])('%s → %s', async (before, after, expected) => {
  const older = `
    type Cell { size: Int! old: Int @deprecated(reason: "Use size.") }
    type Query { cells(first: Int): [Cell!]! }
  `;
  expect(older).toContain(before);
  const changes = await breakingChanges(buildSchema(older), buildSchema(older.replace(before, after)));
  expect(changes).toEqual(expected);
});
