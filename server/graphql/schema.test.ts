import { readFile } from 'node:fs/promises';
import { buildSchema, type GraphQLSchema } from 'graphql';
import { breaksOfContract } from './breaks-of-contract.js';
import { schemaText } from './schema-text.js';
import { createSchema } from './schema.js';

const source = (name: string) =>
  readFile(new URL(`../../../server/graphql/${name}`, import.meta.url), 'utf8');

/**
 * Parts of the contract that are not built yet: whole types, and fields of Query and Mutation. The list only shrinks: remove
 * each part when it is built.
 */
const notBuiltYet = [
  'AuditEvent',
  'AuditEventConnection',
  'AuditEventEdge',
  'CreateUserInput',
  'Mutation.createUser',
  'Mutation.disableUser',
  'Mutation.setUserRoles',
  'Query.auditEvents',
  'Query.users',
  'SetUserRolesInput',
  'UserPayload',
];

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

  test('keeps the contract, except for what is not built yet', () => {
    const expected = notBuiltYet.map((coordinate) => `${coordinate} is missing`);
    expect(breaksOfContract(contract, schema).sort()).toEqual(expected.sort());
  });
});
