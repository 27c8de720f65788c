import { buildSchema, parse, validate } from 'graphql';
import { limits } from './limits.js';

const schema = buildSchema('type Query { cell: Cell } type Cell { name: String next: Cell }');
const messagesFor = (query: string) => validate(schema, parse(query), limits).map(({ message }) => message);

/** A query whose innermost field is at a depth of `levels`, with `fragments` fragments one inside the other. */
function queryOf({ levels, fragments }: { levels: number; fragments: number }): string {
  const nested = (count: number, inner: string): string =>
    count === 0 ? inner : `next { ${nested(count - 1, inner)} }`;
  const definitions = Array.from(
    { length: fragments },
    (_, index) =>
      `fragment F${index} on Cell { name ${index + 1 < fragments ? `...F${index + 1}` : nested(levels - 2, 'name')} }`,
  );
  const body = fragments > 0 ? '...F0' : nested(levels - 2, 'name');
  return [`{ cell { ${body} } }`, ...definitions].join('\n');
}

test.each([0, 1, 10])('a query is at most 12 fields deep, through %i fragments', (fragments) => {
  expect(messagesFor(queryOf({ levels: 12, fragments }))).toEqual([]);
  expect(messagesFor(queryOf({ levels: 13, fragments }))).toEqual(['A query is at most 12 levels deep.']);
});

test('a query has at most 30 aliases', () => {
  const aliases = (count: number) => Array.from({ length: count }, (_, index) => `a${index}: name`).join(' ');
  expect(messagesFor(`{ cell { ${aliases(30)} } }`)).toEqual([]);
  expect(messagesFor(`{ cell { ${aliases(31)} } }`)).toEqual(['A query has at most 30 aliases.']);
});

test('aliases of __typename count too', () => {
  const aliases = Array.from({ length: 31 }, (_, index) => `a${index}: __typename`).join(' ');
  expect(messagesFor(`{ ${aliases} }`)).toEqual(['A query has at most 30 aliases.']);
});
