import { readFileSync } from 'node:fs';
import {
  buildSchema,
  type DocumentNode,
  getOperationAST,
  type OperationDefinitionNode,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isNonNullType,
  type GraphQLInputType,
  parse,
  print,
  typeFromAST,
  specifiedRules,
  validate,
  visit,
} from 'graphql';
import { Role } from '../../server/api/permissions.js';
import { requireAffordable } from '../../server/graphql/query-cost.js';
import { limits, MOST_TOKENS } from '../../server/graphql/limits.js';
import { possibleTypes } from '../src/app/possible-types.js';
import * as generated from '../src/graphql/graphql.js';

const schema = buildSchema(readFileSync('server/graphql/schema.graphql', 'utf8'));

const operations = Object.values(generated)
  .map((document): DocumentNode => document)
  .flatMap((document) => {
    const operation = getOperationAST(document);
    return operation ? [{ name: operation.name?.value ?? '', operation, text: print(document) }] : [];
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

test('the cache of the web app knows every type of each interface that has a fragment', () => {
  const interfaces = new Set<string>();
  for (const document of Object.values(generated).map((each): DocumentNode => each)) {
    visit(document, {
      FragmentDefinition: ({ typeCondition }) => {
        if (isInterfaceType(schema.getType(typeCondition.name.value)))
          interfaces.add(typeCondition.name.value);
      },
    });
  }
  const expected = [...interfaces].sort().map((name) => {
    const type = schema.getType(name);
    const types = isInterfaceType(type) ? schema.getPossibleTypes(type).map((each) => each.name) : [];
    return [name, types.sort()];
  });
  expect(Object.fromEntries(expected)).toEqual(possibleTypes);
});

/** A value of a type, with the largest page that the web app requests. */
function valueOf(type: GraphQLInputType): unknown {
  if (isNonNullType(type)) return valueOf(type.ofType);
  if (isListType(type)) return [valueOf(type.ofType)];
  if (isEnumType(type)) return type.getValues()[0]?.name;
  if (isInputObjectType(type)) {
    const required = Object.values(type.getFields()).filter((field) => isNonNullType(field.type));
    return Object.fromEntries(required.map((field) => [field.name, valueOf(field.type)]));
  }
  return { Int: 200, Float: 0.5, Boolean: true, DateTime: '2026-01-01T00:00:00Z' }[type.name] ?? 'text';
}

function variablesOf({ variableDefinitions = [] }: OperationDefinitionNode): Record<string, unknown> {
  const entries = variableDefinitions.flatMap(({ variable, type: written }) => {
    const type = typeFromAST(schema, written) as GraphQLInputType;
    const isPageSize = ['first', 'last'].includes(variable.name.value);
    return isNonNullType(type) || isPageSize ? [[variable.name.value, valueOf(type)]] : [];
  });
  return Object.fromEntries(entries);
}

test('every operation of the web app costs less than any signed-in user may request', () => {
  const costs = operations.map(({ operation, text }) => {
    const requested = { document: parse(text), variables: variablesOf(operation) };
    return requireAffordable(schema, requested, { roles: [Role.CLINICIAN] }).requested;
  });
  expect(Math.min(...costs)).toBeGreaterThan(0);
});

test('signing in and the first query of the web app cost less than the limit without signing in', () => {
  for (const { operation, text } of operations.filter(({ name }) => ['SignIn', 'Viewer'].includes(name))) {
    requireAffordable(schema, { document: parse(text), variables: variablesOf(operation) }, null);
  }
});
