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
} from 'graphql';
import { Upload } from 'graphql-upload-minimal';
import type { Viewer } from '../api/context.js';
import { type Permission, permissions, Role } from '../api/permissions.js';
import { openTestServices, type TestServices } from './testing.js';

// Who may call what. Every field of Query, Mutation and Subscription is called as each role and without signing in.

/** Nobody needs a permission for these: they concern the caller's own sign-in, or answer with nothing for strangers. */
const FOR_ANYONE = ['viewer', 'signIn', 'signOut', 'changePassword'] as const;
/** Signed-in users call these for themselves; for others they need the permission 'manage users'. */
const FOR_THEMSELVES = [
  'apiTokens',
  'sessions',
  'endSession',
  'signOutEverywhere',
  'revokeApiToken',
] as const;

/** The permission that each other operation needs. An operation that is missing here fails the test. */
const operations: Record<string, Permission> = {
  auditEvents: 'read audit',
  bulkClassification: 'read predictions',
  bulkClassifications: 'read predictions',
  championAt: 'read models',
  datasetSnapshot: 'read datasets',
  datasetSnapshots: 'read datasets',
  model: 'read models',
  modelVersion: 'read models',
  models: 'read models',
  monitoring: 'read predictions',
  prediction: 'read predictions',
  predictions: 'read predictions',
  promotionGates: 'promote models',
  trainingRun: 'read training',
  trainingRuns: 'read training',
  trainingSchedules: 'read training',
  users: 'read users',
  approvePromotion: 'promote models',
  withdrawApproval: 'promote models',
  approveRetirement: 'promote models',
  archiveModelVersion: 'promote models',
  beginSecondFactor: 'change your account',
  cancelBulkClassification: 'classify folders',
  cancelTraining: 'train',
  classify: 'classify',
  classifyFolder: 'classify folders',
  confirmSecondFactor: 'change your account',
  continueBulkClassification: 'classify folders',
  continueEvaluation: 'evaluate models',
  continueIngestion: 'create datasets',
  continueTraining: 'train',
  createApiToken: 'change your account',
  createDatasetSnapshot: 'create datasets',
  createUser: 'give out passwords',
  disableUser: 'manage users',
  enableUser: 'manage users',
  evaluateModelVersion: 'evaluate models',
  promoteModelVersion: 'promote models',
  registerModelVersion: 'register models',
  removeSecondFactor: 'change your account',
  resetPassword: 'give out passwords',
  resetSecondFactor: 'give out passwords',
  retireModelVersion: 'promote models',
  reviewPrediction: 'review',
  rollbackModel: 'promote models',
  setTrainingSchedule: 'train',
  setUserRoles: 'manage users',
  startTraining: 'train',
  championChanged: 'read models',
  predictionCreated: 'read predictions',
  trainingRunChanged: 'read training',
};

/** Kinds of objects that `node` finds by id, and the permission for each. */
const nodes: Record<string, Permission> = {
  aud: 'read audit',
  snap: 'read datasets',
  run: 'read training',
  sched: 'read training',
  model: 'read models',
  mver: 'read models',
  prom: 'read models',
  appr: 'read models',
  eval: 'read models',
  pred: 'read predictions',
  rev: 'read predictions',
  bulk: 'read predictions',
};

let services: TestServices;
let viewers: { name: string; roles: Role[]; viewer: Viewer | null }[];

beforeAll(async () => {
  services = await openTestServices();
  viewers = [{ name: 'not signed in', roles: [], viewer: null }];
  for (const role of Object.values(Role))
    viewers.push({ name: role, roles: [role], viewer: await services.createViewer(role) });
});
afterAll(() => services.close());

/** A value of the type: an id that does not exist, a text, an empty file, and so on. */
function valueOf(type: GraphQLInputType): unknown {
  const nullable = getNullableType(type);
  if (isListType(nullable)) return [];
  if (isEnumType(nullable)) return nullable.getValues()[0]?.name;
  if (isInputObjectType(nullable)) {
    const required = Object.values(nullable.getFields()).filter(isRequiredInputField);
    return Object.fromEntries(required.map((field) => [field.name, valueOf(field.type)]));
  }
  switch (nullable.name) {
    case 'ID':
      return `user_${'0'.repeat(32)}`;
    case 'DateTime':
      return '2026-01-01T00:00:00Z';
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
  return Object.values(type?.getFields() ?? {}).map(({ name, args, type }) => {
    const required = args.filter(isRequiredArgument);
    const declared = required.map((arg) => `$${arg.name}: ${String(arg.type)}`).join(', ');
    const given = required.map((arg) => `${arg.name}: $${arg.name}`).join(', ');
    const selected = isLeafType(getNamedType(type)) ? '' : '{ __typename }';
    return {
      name,
      text: `${kind} ${declared && `(${declared})`} { ${name} ${given && `(${given})`} ${selected} }`,
      variables: () => Object.fromEntries(required.map((arg) => [arg.name, valueOf(arg.type)])),
    };
  });
}

function allOperations(): Operation[] {
  const { schema } = services;
  return [
    ...operationsOf('query', schema.getQueryType()).filter(({ name }) => name !== 'node'),
    ...operationsOf('mutation', schema.getMutationType()),
  ];
}

/** Why the server refused the operation: the code, or null if the viewer may call it. */
async function refusalOf({ text, variables }: Operation, viewer: Viewer | null): Promise<string | null> {
  const { errors } = await services.execute(text, variables(), viewer);
  const codes = errors.map(({ code }) => String(code));
  return codes.find((code) => code === 'UNAUTHENTICATED' || code === 'FORBIDDEN') ?? null;
}

const permits = (permission: Permission, roles: Role[]) => {
  const allowed: readonly Role[] = permissions[permission].roles;
  return roles.some((role) => allowed.includes(role));
};

test('every query and mutation is for exactly the roles of its permission', async () => {
  const actual: string[] = [];
  const expected: string[] = [];
  for (const operation of allOperations()) {
    const { name } = operation;
    if (FOR_ANYONE.some((free) => free === name)) continue;
    const permission = operations[name];
    const isOwn = FOR_THEMSELVES.some((own) => own === name);
    expect({ name, hasRule: isOwn || permission !== undefined }).toEqual({ name, hasRule: true });
    for (const { name: who, roles, viewer } of viewers) {
      const may = permission ? permits(permission, roles) : roles.length > 0;
      expected.push(`${name} as ${who}: ${may ? 'yes' : viewer ? 'FORBIDDEN' : 'UNAUTHENTICATED'}`);
      actual.push(`${name} as ${who}: ${(await refusalOf(operation, viewer)) ?? 'yes'}`);
    }
  }
  expect(actual).toEqual(expected);
});

test('the table of rules names no operation that does not exist', () => {
  const { schema } = services;
  const subscriptions = operationsOf('subscription', schema.getSubscriptionType());
  const names = [...allOperations(), ...subscriptions].map(({ name }) => name);
  expect(Object.keys(operations).filter((name) => !names.includes(name))).toEqual([]);
  expect(subscriptions.map(({ name }) => name).filter((name) => !(name in operations))).toEqual([]);
});

test.each(Object.entries(nodes))('node finds a %s… only for those who may %s', async (prefix, permission) => {
  for (const { roles, viewer } of viewers) {
    const { errors } = await services.execute(
      'query ($id: ID!) { node(id: $id) { id } }',
      { id: `${prefix}_${'0'.repeat(32)}` },
      viewer,
    );
    const may = permits(permission, roles);
    expect(errors.map(({ code }) => code)).toEqual(may ? [] : [viewer ? 'FORBIDDEN' : 'UNAUTHENTICATED']);
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
