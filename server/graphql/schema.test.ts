import { readFile } from 'node:fs/promises';
import { buildSchema, type GraphQLSchema } from 'graphql';
import { breaksOfContract } from './breaks-of-contract.js';
import { schemaText } from './schema-text.js';
import { createSchema } from './schema.js';

const source = (name: string) =>
  readFile(new URL(`../../../server/graphql/${name}`, import.meta.url), 'utf8');

describe('the API', () => {
  let contract: GraphQLSchema;
  let schema: GraphQLSchema;

  beforeAll(async () => {
    contract = buildSchema(await source('contract.graphql'));
    schema = await createSchema();
  });

  test('is what schema.graphql says: else run `npm run schema`', async () => {
    expect(schemaText(schema)).toBe(await source('schema.graphql'));
  });

  test('keeps the contract', () => {
    expect(breaksOfContract(contract, schema)).toEqual([]);
  });
});
