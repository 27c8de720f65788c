import { readFileSync } from 'node:fs';
import { buildSchema, getIntrospectionQuery, GraphQLError, parse, specifiedRules, validate } from 'graphql';
import { Role } from '../api/permissions.js';
import { fieldCosts } from './field-costs.js';
import { limits, MOST_TOKENS } from './limits.js';
import { costLimitOf, requireAffordable } from './query-cost.js';

const schema = buildSchema(readFileSync('server/graphql/schema.graphql', 'utf8'));
const admin = { roles: [Role.ADMIN] };

/** The cost of an operation, or the error that refuses it. */
function costOf(text: string, variables?: Record<string, unknown>, viewer: { roles: Role[] } | null = admin) {
  const document = parse(text, { maxTokens: MOST_TOKENS });
  const faults = validate(schema, document, [...specifiedRules, ...limits]);
  if (faults.length > 0) throw new Error(`The test's operation is invalid: ${faults.join('\n')}`);
  try {
    return requireAffordable(schema, { document, variables }, viewer).requested;
  } catch (error) {
    if (error instanceof GraphQLError) return error;
    throw error;
  }
}

function numberFor(text: string, variables?: Record<string, unknown>): number {
  const cost = costOf(text, variables);
  if (typeof cost === 'number') return cost;
  throw cost;
}

/** 1.5 kB that request 200³ objects of a snapshot ten times: it stopped a server for minutes. */
const nested = (() => {
  const page = (field: string, node: string) => `${field}(first: 200) { edges { node { ${node} } } }`;
  const items = Array.from(
    { length: 10 },
    (_, index) => `items${index}: ${page('items', 'key label split group')}`,
  );
  const versions = `modelVersion { datasetSnapshot { ${items.join(' ')} } }`;
  return `{ ${page('bulkClassifications', page('predictions', versions))} }`;
})();

test('the query that would load millions of objects is refused before it runs, with the costs', () => {
  expect(nested.length).toBeLessThan(1_600);
  const refused = costOf(nested);
  expect(refused).toMatchObject({
    message: expect.stringMatching(
      /^The operation costs [\d,]{11,}, and the limit is 60,000\. The most expensive fields, with everything selected below them: Query\.bulkClassifications [\d,]+, .*Request smaller pages/,
    ),
    extensions: {
      code: 'QUERY_TOO_EXPENSIVE',
      cost: {
        requested: expect.any(Number),
        limit: 60_000,
        fields: { 'Query.bulkClassifications': expect.any(Number) },
      },
    },
  });
});

test('a document that is sent again costs what its variables and its caller make it cost', () => {
  const text = 'query ($first: Int = 50) { predictions(first: $first) { edges { node { id label } } } }';
  const document = parse(text);
  const again = (variables: Record<string, unknown>, viewer: { roles: Role[] } | null = admin) =>
    requireAffordable(schema, { document, variables }, viewer);
  const few = again({ first: 1 });
  expect(again({ first: 1 })).toEqual(few);
  expect(again({ first: 100 }).requested).toBeGreaterThan(few.requested);
  expect(again({ first: 1 })).toEqual(few);
  expect(again({}).requested).toBe(again({ first: 50 }).requested);
  expect(again({}).requested).toBeGreaterThan(again({ first: null }).requested);
  expect(again({ first: 1 }, null)).toEqual({
    requested: costOf(text, { first: 1 }, null),
    limit: costLimitOf(null),
  });
  expect(() => again({ first: 1_000_000 })).toThrow('The operation costs');
  expect(() => again({ first: 1_000_000 })).toThrow('The operation costs');
});

test('a page costs in proportion to its size, from a literal, a variable, a default or the default of the server', () => {
  const query = 'query ($first: Int = 50) { predictions(first: $first) { edges { node { id label } } } }';
  const [small, large] = [numberFor(query, { first: 10 }), numberFor(query, { first: 100 })];
  const perRow = (large - small) / 90;
  expect(perRow).toBeGreaterThanOrEqual(2);
  expect(numberFor(query)).toBe(small + 40 * perRow);
  expect(numberFor(query.replaceAll('first: $first', 'last: $first'), { first: 10 })).toBe(small);
  expect(numberFor('{ predictions(first: 100) { edges { node { id label } } } }')).toBe(large);
  expect(numberFor('{ predictions { edges { node { id label } } } }')).toBe(small + 15 * perRow);
  expect(numberFor('{ predictions(before: "x") { edges { node { id label } } } }')).toBe(small + 15 * perRow);
});

test('objects by id cost in proportion to the number of ids', () => {
  const query =
    'query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Prediction { label modelVersion { modelCard } } } }';
  const costs = [1, 2, 200].map((count) => numberFor(query, { ids: Array(count).fill('pred_1') }));
  const [one = 0, two = 0, most = 0] = costs;
  expect(most - one).toBe(199 * (two - one));
  expect(two - one).toBeGreaterThan(100);
});

test('every alias costs as much as the field without one, also through fragments', () => {
  const one = numberFor('{ predictions(first: 100) { edges { node { id } } } }');
  const rows = 'fragment Rows on Query { a: predictions(first: 100) { edges { node { id } } } }';
  expect(numberFor(`{ b: predictions(first: 100) { edges { node { id } } } ...Rows } ${rows}`)).toBe(2 * one);
});

test('skipped fields cost nothing', () => {
  const query = 'query ($more: Boolean!) { viewer { id } models @include(if: $more) { id } }';
  expect(numberFor(query, { more: false })).toBe(numberFor('{ viewer { id } }'));
  expect(numberFor(query, { more: true })).toBeGreaterThan(numberFor('{ viewer { id } }'));
});

test('the limit is the highest of the roles, and lower without signing in', () => {
  expect(costLimitOf({ roles: [Role.CLINICIAN, Role.ADMIN] })).toBe(60_000);
  expect(costLimitOf({ roles: [Role.CLINICIAN] })).toBe(50_000);
  expect(costLimitOf({ roles: [] })).toBe(5_000);
  expect(costLimitOf(null)).toBe(5_000);
});

test('without signing in, an operation that needs it is refused for that reason, and not for its cost', () => {
  const query =
    '{ trainingRuns(first: 200) { edges { node { items(first: 200) { edges { node { key } } } } } } }';
  expect(costOf(query, {}, null)).toBe(50);
  expect(costOf(query, {}, { roles: [Role.ADMIN] })).toMatchObject({
    extensions: { code: 'QUERY_TOO_EXPENSIVE' },
  });
});

test('without signing in, the schema can be read once in a request and signing in tried once', () => {
  const introspection = getIntrospectionQuery();
  expect(costOf(introspection, {}, null)).toEqual(expect.any(Number));
  const twice = introspection.replace('__schema {', 'again: __schema { types { ...FullType } } __schema {');
  expect(costOf(twice, {}, null)).toMatchObject({ extensions: { code: 'QUERY_TOO_EXPENSIVE' } });
  const signIn = (alias: string) =>
    `${alias}: signIn(email: "a", password: "b") { viewer { id } userErrors { message } }`;
  expect(costOf(`mutation { ${signIn('a')} }`, {}, null)).toEqual(expect.any(Number));
  expect(costOf(`mutation { ${signIn('a')} ${signIn('b')} }`, {}, null)).toMatchObject({
    message: expect.stringContaining('the limit is 5,000 without signing in'),
  });
});

test('fragments that spread each other many times are refused quickly', () => {
  const levels = Array.from({ length: 8 }, (_, level) => {
    const inner = level < 7 ? `...F${level + 1} `.repeat(60) : 'id';
    return `fragment F${level} on Query { ${level < 7 ? inner : 'viewer { id }'} }`;
  });
  const text = `{ ...F0 } ${levels.join(' ')}`;
  const begun = performance.now();
  expect(costOf(text)).toMatchObject({ extensions: { code: 'BAD_USER_INPUT' } });
  expect(performance.now() - begun).toBeLessThan(10_000); // 60⁷ fields otherwise
});

test('variables that do not fit are the fault of the caller', () => {
  expect(
    costOf('query ($first: Int!) { predictions(first: $first) { totalCount } }', { first: 'x' }),
  ).toMatchObject({
    extensions: { code: 'BAD_USER_INPUT' },
  });
});

test('the table of costs names fields of the schema', () => {
  const unknown = Object.keys(fieldCosts).filter((name) => {
    const [type = '', field = ''] = name.split('.');
    const found = schema.getType(type);
    return !(found && 'getFields' in found && field in found.getFields());
  });
  expect(unknown).toEqual([]);
});
