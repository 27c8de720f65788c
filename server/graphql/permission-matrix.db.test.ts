import {
  type GraphQLInputType,
  type GraphQLObjectType,
  getNamedType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isRequiredArgument,
  isRequiredInputField,
  parse,
  subscribe,
} from 'graphql';
import { Upload } from 'graphql-upload-minimal';
import type { Viewer } from '../api/context.js';
import { type Permission, permissions, Role, Scope } from '../api/permissions.js';
import { FOR_ANYONE, FOR_THEMSELVES, NODES, OPERATIONS } from '../api/testing.js';
import { newId, PREFIXES } from '../database/ids.js';
import { ruleOf } from './argument-rules.js';
import { openTestServices, type TestServices } from './testing.js';

// Every field of Query, Mutation and Subscription is called without signing in, as each role, and with a token of each scope.

let services: TestServices;
let viewers: { name: string; roles: Role[]; viewer: Viewer | null }[];
/** The viewers, and an administrator's programs whose tokens have one scope each. */
let callers: { name: string; viewer: Viewer | null }[];

beforeAll(async () => {
  services = await openTestServices();
  viewers = [{ name: 'not signed in', roles: [], viewer: null }];
  for (const role of Object.values(Role))
    viewers.push({ name: role, roles: [role], viewer: await services.createViewer(role) });
  const administrator = await services.createViewer(Role.ADMIN);
  const programs = Object.values(Scope).map((scope) => ({
    name: `token for ${scope}`,
    viewer: { ...administrator, token: { id: newId('tok'), scopes: [scope] } },
  }));
  callers = [...viewers, ...programs];
});
afterAll(() => services.close());

/** A value that the argument's rule allows: an id that does not exist, a text, an empty file, and so on. */
function valueOf(type: GraphQLInputType, coordinate: string): unknown {
  const nullable = getNullableType(type);
  if (isListType(nullable)) return [];
  if (isEnumType(nullable)) return nullable.getValues()[0]?.name;
  if (isInputObjectType(nullable)) {
    const required = Object.values(nullable.getFields()).filter(isRequiredInputField);
    return Object.fromEntries(
      required.map((field) => [field.name, valueOf(field.type, `${nullable.name}.${field.name}`)]),
    );
  }
  switch (nullable.name) {
    case 'ID':
      return PREFIXES.map((prefix) => `${prefix}_${'0'.repeat(32)}`).find((id) => !ruleOf(coordinate)?.(id));
    case 'DateTime':
      return coordinate.endsWith('.to') ? '2026-01-02T00:00:00Z' : '2026-01-01T00:00:00Z';
    case 'Boolean':
      return false;
    case 'Int':
    case 'Float':
      return 1;
    case 'Upload':
      return noFile();
    default:
      return 'text';
  }
}

function noFile(): Upload {
  const upload = new Upload();
  upload.promise = Promise.reject(new Error('There is no file.'));
  upload.promise.catch(() => undefined);
  return upload;
}

interface Operation {
  name: string;
  text: string;
  variables: () => Record<string, unknown>;
}

function operationsOf(
  kind: 'query' | 'mutation' | 'subscription',
  type: GraphQLObjectType | null | undefined,
): Operation[] {
  const owner = type?.name ?? '';
  return Object.values(type?.getFields() ?? {}).map(({ name, args, type }) => {
    const required = args.filter(isRequiredArgument);
    const declared = required.map((arg) => `$${arg.name}: ${String(arg.type)}`).join(', ');
    const given = required.map((arg) => `${arg.name}: $${arg.name}`).join(', ');
    const selected = isLeafType(getNamedType(type)) ? '' : '{ __typename }';
    return {
      name,
      text: `${kind} ${declared && `(${declared})`} { ${name} ${given && `(${given})`} ${selected} }`,
      variables: () =>
        Object.fromEntries(
          required.map((arg) => [arg.name, valueOf(arg.type, `${owner}.${name}.${arg.name}`)]),
        ),
    };
  });
}

function allOperations(): Operation[] {
  const { schema } = services;
  return [
    ...operationsOf('query', schema.getQueryType()).filter(({ name }) => !['node', 'nodes'].includes(name)),
    ...operationsOf('mutation', schema.getMutationType()),
  ];
}

function allSubscriptions(): Operation[] {
  return operationsOf('subscription', services.schema.getSubscriptionType());
}

const refusals = ['UNAUTHENTICATED', 'FORBIDDEN'];

/** Why the server refused the operation: the code, or null if the viewer may call it. */
async function refusalOf({ text, variables }: Operation, viewer: Viewer | null): Promise<string | null> {
  const { errors } = await services.execute(text, variables(), viewer);
  return errors.map(({ code }) => String(code)).find((code) => refusals.includes(code)) ?? null;
}

/** The same for a subscription, which is ended at once where it begins. */
async function refusalOfSubscription(
  { text, variables }: Operation,
  viewer: Viewer | null,
): Promise<string | null> {
  const begun = await subscribe({
    schema: services.schema,
    document: parse(text),
    variableValues: variables(),
    contextValue: services.contextOf(viewer),
  });
  if ('errors' in begun) {
    const codes = begun.errors?.map(({ extensions }) => String(extensions.code)) ?? [];
    return codes.find((code) => refusals.includes(code)) ?? null;
  }
  await (begun as AsyncGenerator).return(undefined);
  return null;
}

const permits = (permission: Permission, roles: Role[]) => {
  const allowed: readonly Role[] = permissions[permission].roles;
  return roles.some((role) => allowed.includes(role));
};

/** Written out from the table instead of calling `may`, which is what is tested. */
function isAllowed(permission: Permission, { roles, token }: Viewer): boolean {
  const scopes: readonly Scope[] = permissions[permission].scopes;
  return permits(permission, roles) && (!token || token.scopes.some((scope) => scopes.includes(scope)));
}

/** Compares each operation's answer to each caller with the table. */
async function expectMatrix(
  listed: Operation[],
  refusalOf: (operation: Operation, viewer: Viewer | null) => Promise<string | null>,
): Promise<void> {
  const actual: string[] = [];
  const expected: string[] = [];
  for (const operation of listed) {
    const { name } = operation;
    if (FOR_ANYONE.includes(name) || FOR_THEMSELVES.includes(name)) continue;
    const permission = OPERATIONS[name];
    if (!permission) throw new Error(`'${name}' has no entry in OPERATIONS (server/api/testing.ts).`);
    for (const { name: who, viewer } of callers) {
      const rule = !viewer ? 'UNAUTHENTICATED' : isAllowed(permission, viewer) ? 'yes' : 'FORBIDDEN';
      expected.push(`${name} as ${who}: ${rule}`);
      actual.push(`${name} as ${who}: ${(await refusalOf(operation, viewer)) ?? 'yes'}`);
    }
  }
  expect(actual).toEqual(expected);
}

test('every query and mutation is for exactly the roles and scopes of its permission', () =>
  expectMatrix(allOperations(), refusalOf));

test('every subscription is for exactly the roles and scopes of its permission', () =>
  expectMatrix(allSubscriptions(), refusalOfSubscription));

test('what users do for themselves is for every role, and for nobody who is not signed in', async () => {
  for (const operation of allOperations().filter(({ name }) => FOR_THEMSELVES.includes(name))) {
    for (const { name: who, viewer } of viewers) {
      const refusal = await refusalOf(operation, viewer);
      expect([operation.name, who, refusal]).toEqual([
        operation.name,
        who,
        viewer ? null : 'UNAUTHENTICATED',
      ]);
    }
  }
});

test('the table of rules names no operation that does not exist', () => {
  const names = [...allOperations(), ...allSubscriptions()].map(({ name }) => name);
  const listed = [...Object.keys(OPERATIONS), ...FOR_ANYONE, ...FOR_THEMSELVES];
  expect(listed.filter((name) => !names.includes(name))).toEqual([]);
});

test.each(Object.entries(NODES))('node finds a %s… only for those who may %s', async (prefix, permission) => {
  const id = `${prefix}_${'0'.repeat(32)}`;
  for (const { roles, viewer } of viewers) {
    const may = permits(permission, roles);
    for (const query of ['node(id: $id)', 'nodes(ids: [$id])']) {
      const { errors } = await services.execute(`query ($id: ID!) { ${query} { id } }`, { id }, viewer);
      expect(errors.map(({ code }) => code)).toEqual(may ? [] : [viewer ? 'FORBIDDEN' : 'UNAUTHENTICATED']);
    }
  }
});

test('what concerns other accounts is for administrators', async () => {
  const other = await services.createViewer(Role.CLINICIAN);
  for (const name of ['apiTokens', 'sessions']) {
    const query = `query ($userId: ID) { ${name}(userId: $userId) { id } }`;
    for (const { roles, viewer } of viewers) {
      const { errors } = await services.execute(query, { userId: other.id }, viewer);
      expect({ name, roles, refused: errors.length > 0 }).toEqual({
        name,
        roles,
        refused: !permits('manage users', roles),
      });
    }
  }
});
