import { readFileSync } from 'node:fs';
import {
  buildSchema,
  type DocumentNode,
  getOperationAST,
  parse,
  print,
  specifiedRules,
  validate,
} from 'graphql';
import { limits, MOST_TOKENS } from '../../server/graphql/limits.js';
import * as generated from '../src/graphql/graphql.js';

const schema = buildSchema(readFileSync('server/graphql/schema.graphql', 'utf8'));

const operations = Object.values(generated)
  .map((document): DocumentNode => document)
  .flatMap((document) => {
    const operation = getOperationAST(document);
    return operation ? [{ name: operation.name?.value ?? '', text: print(document) }] : [];
  });

test('every operation of the web app is within the limits of the server', () => {
  expect(operations.length).toBeGreaterThan(30);
  const refused = operations.flatMap(({ name, text }) =>
    validate(schema, parse(text, { maxTokens: MOST_TOKENS }), [...specifiedRules, ...limits]).map(
      ({ message }) => `${name}: ${message}`,
    ),
  );
  expect(refused).toEqual([]);
});
