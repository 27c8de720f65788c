import {
  getNamedType,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLSchema,
  isAbstractType,
  isEnumType,
  isInputObjectType,
  isNonNullType,
  isObjectType,
  isScalarType,
  parse,
  specifiedRules,
  validate,
} from 'graphql';
import type { Role } from '../../server/api/permissions.js';
import { limits } from '../../server/graphql/limits.js';
import { costLimitOf, requireAffordable } from '../../server/graphql/query-cost.js';

const PAGES = [25, 100, 200];
const DEEPEST = 11;
const MOST_ROOT_FIELDS = 30;
/** Attempts to find another field that still fits. */
const MOST_ATTEMPTS = 40;

/** Numbers from 0 to 1 that are the same for the same seed: mulberry32, https://gist.github.com/tommyettinger/46a874533244883189143505d203312c */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * A random valid query whose cost is as close below the limit of the roles as random fields come.
 * @param idsOf ids of objects for arguments of the type ID, by the name of the field
 */
export function hostileQuery(
  schema: GraphQLSchema,
  roles: Role[] | null,
  random: () => number,
  idsOf: (field: string) => string[],
): { text: string; cost: number } {
  const viewer = roles && { roles };
  const limit = costLimitOf(viewer);
  const root = schema.getQueryType();
  if (!root) throw new Error('The schema has no queries.');
  const parts: string[] = [];
  let best = { text: '{ __typename }', cost: 0 };
  for (let attempt = 0; attempt < MOST_ATTEMPTS && parts.length < MOST_ROOT_FIELDS; attempt++) {
    const field = pick(Object.values(root.getFields()), random);
    const part = `a${parts.length}: ${selection(field, 1)}`;
    const text = `{ ${[...parts, part].join(' ')} }`;
    const cost = costWithin(text);
    if (cost === null) continue;
    parts.push(part);
    best = { text, cost };
    if (cost > 0.95 * limit) break;
  }
  return best;

  /** null where the query is invalid or costs too much. */
  function costWithin(text: string): number | null {
    try {
      const document = parse(text, { maxTokens: 2_000 });
      if (validate(schema, document, [...specifiedRules, ...limits]).length > 0) return null;
      return requireAffordable(schema, { document }, viewer).requested;
    } catch {
      return null;
    }
  }

  function selection(field: GraphQLField<unknown, unknown>, depth: number): string {
    const type = getNamedType(field.type);
    const call = field.name + argumentsOf(field);
    if (!isObjectType(type) && !isAbstractType(type)) return call;
    const fields = isObjectType(type) || 'getFields' in type ? Object.values(type.getFields()) : [];
    const values = fields.filter(({ type: of }) => !('getFields' in getNamedType(of)));
    const objects = fields.filter(({ type: of }) => 'getFields' in getNamedType(of));
    const chosen = values.filter(() => random() < 0.7).map((value) => selection(value, depth + 1));
    if (depth < DEEPEST) {
      for (const object of objects) {
        const isPage = ['edges', 'node'].includes(object.name);
        if (isPage || random() < 1 / depth) chosen.push(selection(object, depth + 1));
      }
    }
    return `${call} { ${['__typename', ...chosen].join(' ')} }`;
  }

  function argumentsOf({ name, args }: GraphQLField<unknown, unknown>): string {
    const given = args.flatMap((argument) => {
      if (argument.name === 'first') return [`first: ${pick(PAGES, random)}`];
      return isNonNullType(argument.type)
        ? [`${argument.name}: ${literal(argument.type, name, argument.name)}`]
        : [];
    });
    return given.length === 0 ? '' : `(${given.join(', ')})`;
  }

  function literal(type: GraphQLInputType, field: string, argument: string): string {
    if (isNonNullType(type)) return literal(type.ofType, field, argument);
    if (isEnumType(type)) return type.getValues()[0]?.name ?? 'null';
    if (isInputObjectType(type)) return '{}';
    if (!isScalarType(type)) return '[]';
    if (type.name === 'ID') return JSON.stringify(pick(idsOf(field), random));
    if (type.name === 'DateTime')
      return argument === 'to' ? '"2100-01-01T00:00:00Z"' : '"2000-01-01T00:00:00Z"';
    if (type.name === 'Int') return '100';
    return type.name === 'Boolean' ? 'true' : '"reference"';
  }
}

function pick<T>(items: readonly T[], random: () => number): T {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new Error('There is nothing to choose from.');
  return item;
}
