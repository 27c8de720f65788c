import { buildSchema } from 'graphql';
import { breaksOfContract } from './breaks-of-contract.js';

const contract = `
  interface Node { id: ID! }
  enum Colour { RED BLUE }
  input Filter { colour: Colour }
  type Cell implements Node { id: ID! label: String! notes: [String!] }
  type Query { cells(filter: Filter, first: Int): [Cell!]! }
`;

function breaksWhen(before: string, after: string): string[] {
  expect(contract).toContain(before);
  return breaksOfContract(buildSchema(contract), buildSchema(contract.replace(before, after)));
}

test('a schema keeps its own contract', () => {
  expect(breaksWhen('', '')).toEqual([]);
});

test('what is new and optional breaks nothing', () => {
  expect(breaksWhen('first: Int)', 'first: Int, last: Int)')).toEqual([]);
  expect(breaksWhen('RED BLUE', 'RED BLUE GREEN')).toEqual([]);
  expect(breaksWhen('colour: Colour', 'colour: Colour size: Int = 3')).toEqual([]);
  expect(breaksWhen('label: String!', 'label: String! size: Int!')).toEqual([]);
});

test.each([
  ['RED BLUE', 'RED', 'Colour.BLUE is missing'],
  ['label: String!', '', 'Cell.label is missing'],
  ['label: String!', 'label: String', 'Cell.label is String, not String!'],
  ['[String!]', '[String!]!', 'Cell.notes is [String!]!, not [String!]'],
  ['Cell implements Node', 'Cell', 'Cell does not implement Node'],
  ['first: Int)', 'first: Float)', 'Query.cells(first:) is Float, not Int'],
  ['filter: Filter, ', '', 'Query.cells(filter:) is missing'],
  ['first: Int)', 'first: Int, size: Int!)', 'Query.cells(size:) is new and required'],
  ['colour: Colour }', 'colour: Colour size: Int! }', 'Filter.size is new and required'],
  ['colour: Colour }', 'colour: Colour! }', 'Filter.colour is Colour!, not Colour'],
  ['enum Colour { RED BLUE }', 'scalar Colour', 'Colour is of another kind'],
])('%s → %s', (before, after, complaint) => {
  expect(breaksWhen(before, after)).toEqual([complaint]);
});
