import { readFile } from 'node:fs/promises';
import { buildSchema, type GraphQLSchema, isScalarType } from 'graphql';
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

  test('describes only what it has', () => {
    expect(unknownNames(schema)).toEqual([]);
    const misleading = buildSchema('type Query { "See `cells(size:)` and `Query`." cells(first: Int): Int }');
    expect(unknownNames(misleading)).toEqual(['Query.cells: size']);
  });
});

/** Names of an error's `extensions`, which are not part of the schema. */
const ELSEWHERE = new Set(['extensions', 'code', 'cost', 'true', 'false', 'null']);

/** The names that descriptions have between backticks, but that the schema lacks, each with the place of the description. */
function unknownNames(schema: GraphQLSchema): string[] {
  const types = Object.values(schema.getTypeMap()).filter(
    (type) => !type.name.startsWith('__') && !isScalarType(type),
  );
  const described = types.flatMap((type) => {
    const members = [
      ...('getFields' in type ? Object.values(type.getFields()) : []),
      ...('getValues' in type ? type.getValues() : []),
    ];
    const args = members.flatMap((member) => ('args' in member ? member.args : []));
    return [
      { name: type.name, description: type.description, place: type.name },
      ...[...members, ...args].map(({ name, description }) => {
        return { name, description, place: `${type.name}.${name}` };
      }),
    ];
  });
  const names = new Set([...Object.keys(schema.getTypeMap()), ...described.map(({ name }) => name)]);
  return described.flatMap(({ description, place }) =>
    [...(description ?? '').matchAll(/`([^`]+)`/g)]
      .flatMap(([, code = '']) => code.match(/\b[A-Za-z_]\w*/g) ?? [])
      .filter((name) => !names.has(name) && !ELSEWHERE.has(name))
      .map((name) => `${place}: ${name}`),
  );
}
