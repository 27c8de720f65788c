import {
  type DocumentNode,
  getNamedType,
  getNullableType,
  GraphQLError,
  type GraphQLNamedType,
  type GraphQLSchema,
  isCompositeType,
  isInterfaceType,
  isListType,
  isObjectType,
} from 'graphql';
// Its ES module would load a second copy of graphql, with other types than those of the schema.
import { type ComplexityEstimatorArgs, getComplexity } from 'graphql-query-complexity/cjs';
import { Upload } from 'graphql-upload-minimal';
import type { Viewer } from '../api/context.js';
import { DEFAULT_PAGE } from '../api/connection.js';
import { ErrorCode } from '../api/error-codes.js';
import type { Role } from '../api/permissions.js';
import {
  ASSUMED_SIZE,
  fieldCosts,
  figureCosts,
  INTROSPECTION_COST,
  introspectionSizes,
  MUTATION_COST,
  OBJECT_COST,
  PAGE_COST,
  PASSWORD_HASH,
  QUERY_COST,
  VALUE_COST,
} from './field-costs.js';

/** The highest cost of one operation, by role. Somebody with several roles has the highest of their limits. */
const limitOfRole: Record<Role, number> = {
  CLINICIAN: 50_000,
  AUDITOR: 50_000,
  ML_ENGINEER: 60_000,
  ADMIN: 60_000,
};

/** Without a session or token: enough to read the schema and to sign in, once each time. */
const LIMIT_OF_NOBODY = 5_000;

/** Fields and fragments that are counted; each fragment counts as often as it is used. */
const MOST_NODES = 10_000;

/** The number of fields that an error names, the most expensive first. */
const MOST_NAMED = 5;

/** Of receiving, identifying and refusing an operation. */
const REFUSAL_COST = 500;

/**
 * The cost of a document that is refused, because it is invalid or too expensive: parsing and validating took time.
 * A document whose equal fields are all compared takes about 6 µs for each character.
 */
export function refusalCost(query: string): number {
  return REFUSAL_COST + Math.ceil(query.length / 2);
}

/** What a GraphQL response has in `extensions.cost`. */
export interface QueryCost {
  /** The cost of the operation, from its fields, arguments and variables. */
  requested: number;
  /** The highest cost that the caller may request. */
  limit: number;
}

/** The highest cost of an operation of `viewer`; null is somebody who is not signed in. */
export function costLimitOf(viewer: Pick<Viewer, 'roles'> | null): number {
  return viewer
    ? Math.max(LIMIT_OF_NOBODY, ...viewer.roles.map((role) => limitOfRole[role]))
    : LIMIT_OF_NOBODY;
}

/** One operation of a document that has been validated, as a client sends it. */
export interface RequestedOperation {
  document: DocumentNode;
  operationName?: string | null | undefined;
  variables?: Readonly<Record<string, unknown>> | null | undefined;
}

/**
 * The cost of an operation, computed before it runs.
 * @throws GraphQLError with the code QUERY_TOO_EXPENSIVE, and the costs in `extensions.cost`, if it is above the viewer's limit;
 *   with BAD_USER_INPUT if the variables do not fit
 */
export function requireAffordable(
  schema: GraphQLSchema,
  operation: RequestedOperation,
  viewer: Pick<Viewer, 'roles'> | null,
): QueryCost {
  const limit = costLimitOf(viewer);
  const key = keyOf(operation, viewer !== null);
  const known = key === null ? undefined : affordable.get(operation.document);
  if (known && known.key === key && known.requested <= limit) return { requested: known.requested, limit };
  const costs = new Map<string, number>();
  const requested = costOf(schema, operation, viewer !== null, costs);
  if (requested > limit) throw tooExpensive({ requested, limit }, costs, viewer !== null);
  if (key !== null) affordable.set(operation.document, { key, requested });
  return { requested, limit };
}

/**
 * The cost of each document that was sent last with the same variables: a program sends one document for all its images, and Apollo
 * parses it once.
 */
const affordable = new WeakMap<DocumentNode, { key: string; requested: number }>();

/** Longer variables are not kept. */
const LONGEST_KEY = 500;

/** What decides the cost of a document, where files count by their names; null if it is too long to be kept. */
function keyOf({ operationName, variables }: RequestedOperation, isSignedIn: boolean): string | null {
  const entries = Object.entries(variables ?? {}).filter(([, value]) => value !== undefined);
  const files = entries.filter(([, value]) => value instanceof Upload).map(([name]) => name);
  const others = entries.filter(([, value]) => !(value instanceof Upload));
  if (others.some(([, value]) => typeof value === 'object' && value !== null)) return null;
  const key = JSON.stringify([operationName ?? null, isSignedIn, files, others]);
  return key.length > LONGEST_KEY ? null : key;
}

/** @param costs receives the cost of each field with a selection, the highest where it is used more than once */
function costOf(
  schema: GraphQLSchema,
  { document, operationName, variables }: RequestedOperation,
  isSignedIn: boolean,
  costs: Map<string, number>,
): number {
  const estimator = (field: ComplexityEstimatorArgs) => {
    const cost = isRefused(schema, field, isSignedIn) ? QUERY_COST : costOfField(schema, field);
    if (field.node.selectionSet) {
      const name = `${field.type.name}.${field.field.name}`;
      costs.set(name, Math.max(cost, costs.get(name) ?? 0));
    }
    return cost;
  };
  try {
    const cost = getComplexity({
      schema,
      query: document,
      variables: { ...variables },
      estimators: [estimator],
      maxQueryNodes: MOST_NODES,
      ...(operationName && { operationName }),
    });
    return Math.ceil(cost);
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    throw new GraphQLError(error.message, {
      nodes: error.nodes,
      extensions: { code: ErrorCode.BAD_USER_INPUT },
    });
  }
}

/**
 * Whether a field of an operation does nothing because its caller is not signed in. The caller then learns that, and not what the
 * field would cost. Passwords are checked without signing in.
 */
function isRefused(
  schema: GraphQLSchema,
  { type, field }: ComplexityEstimatorArgs,
  isSignedIn: boolean,
): boolean {
  const isOfOperation = type === schema.getQueryType() || type === schema.getMutationType();
  if (isSignedIn || !isOfOperation || field.name.startsWith('__')) return false;
  return fieldCosts[`${type.name}.${field.name}`] !== PASSWORD_HASH;
}

/** The cost of one field, with what is selected on the objects that it returns. */
function costOfField(
  schema: GraphQLSchema,
  { type, field, args, childComplexity }: ComplexityEstimatorArgs,
): number {
  const name = `${type.name}.${field.name}`;
  if (field.name.startsWith('__') || type.name.startsWith('__')) {
    return INTROSPECTION_COST + (introspectionSizes[name] ?? 1) * childComplexity;
  }
  if (type.name === 'PageInfo' || field.name === 'pageInfo' || field.name === 'totalCount') return 0; // part of PAGE_COST
  const returned = getNamedType(field.type);
  const own = declaredCost(schema, type, field.name) ?? {};
  const base = own.cost ?? baseCost(schema, type, returned);
  if (field.args.some((argument) => argument.name === 'first')) {
    return base + PAGE_COST + pageSize(args) * childComplexity;
  }
  if (!isListType(getNullableType(field.type))) return base + childComplexity;
  const isPage = field.name === 'edges'; // whose size is in the arguments of the connection
  const size = isPage ? 1 : (numberOfIds(args) ?? own.assumedSize ?? ASSUMED_SIZE);
  return base + size * (isCompositeType(returned) ? childComplexity : VALUE_COST);
}

/** The cost in the table; of an interface's field the highest among the types that implement it. */
function declaredCost(schema: GraphQLSchema, type: GraphQLNamedType, field: string) {
  const names = isInterfaceType(type) ? schema.getPossibleTypes(type).map((each) => each.name) : [type.name];
  const declared = names.flatMap((name) => fieldCosts[`${name}.${field}`] ?? []);
  return declared.toSorted((one, other) => (other.cost ?? 0) - (one.cost ?? 0))[0] ?? figureCosts[field];
}

function baseCost(schema: GraphQLSchema, type: GraphQLNamedType, returned: GraphQLNamedType): number {
  if (type === schema.getMutationType()) return MUTATION_COST;
  if (type === schema.getQueryType() || type === schema.getSubscriptionType()) return QUERY_COST;
  return isObjectType(returned) || isInterfaceType(returned) ? OBJECT_COST : VALUE_COST;
}

/** The number of rows of a page. Sizes outside of the limits are counted as they are; the field then refuses them. */
function pageSize({ first, last, before }: Record<string, unknown>): number {
  const size = last ?? (before == null ? first : null) ?? DEFAULT_PAGE;
  return Math.max(Number(size), 1);
}

/** How many objects a field returns that finds objects by their ids; null for any other. */
function numberOfIds({ ids }: Record<string, unknown>): number | null {
  return Array.isArray(ids) ? ids.length : null;
}

function tooExpensive(cost: QueryCost, costs: Map<string, number>, isSignedIn: boolean): GraphQLError {
  const most = [...costs].toSorted((one, other) => other[1] - one[1]).slice(0, MOST_NAMED);
  const named = most.map(([field, each]) => `${field} ${inWords(each)}`).join(', ');
  const message =
    `The operation costs ${inWords(cost.requested)}, and the limit is ${inWords(cost.limit)}${isSignedIn ? '' : ' without signing in'}. ` +
    `The most expensive fields, with everything selected below them: ${named}. ` +
    `Request smaller pages ('first'), fewer nested lists, or several operations one after the other.`;
  const fields = Object.fromEntries(most.map(([field, each]) => [field, Math.ceil(each)]));
  return new GraphQLError(message, {
    extensions: { code: ErrorCode.QUERY_TOO_EXPENSIVE, cost: { ...cost, fields }, http: { status: 400 } },
  });
}

const inWords = (cost: number) => Math.ceil(cost).toLocaleString('en-GB');
