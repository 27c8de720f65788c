import {
  getNamedType,
  type GraphQLInputType,
  GraphQLSchema,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { newId } from '../database/ids.js';
import { ruleOf } from './argument-rules.js';
import { createSchema } from './schema.js';

const BAD = {
  NUL: 'a\0b',
  'half of a surrogate pair': 'a\ud800b',
  'too long': 'a'.repeat(300_000),
};

/** A text argument of a field, at any depth of its inputs, and arguments that contain only `text` at that place. */
interface Place {
  title: string;
  path: string[];
  args: (text: string) => Record<string, unknown>;
}

function placesIn(
  type: GraphQLInputType,
  path: string[],
): { path: string[]; wrap: (text: string) => unknown }[] {
  if (isNonNullType(type)) return placesIn(type.ofType, path);
  if (isListType(type)) {
    return placesIn(type.ofType, [...path, '0']).map(({ path, wrap }) => ({
      path,
      wrap: (text) => [wrap(text)],
    }));
  }
  if (isInputObjectType(type)) {
    return Object.values(type.getFields()).flatMap((field) =>
      placesIn(field.type, [...path, field.name]).map(({ path, wrap }) => ({
        path,
        wrap: (text) => ({ [field.name]: wrap(text) }),
      })),
    );
  }
  return ['String', 'ID'].includes(type.name) ? [{ path, wrap: (text) => text }] : [];
}

const schema: GraphQLSchema = await createSchema();
const fields = Object.values(schema.getTypeMap())
  .filter((type) => isObjectType(type))
  .flatMap((type) => Object.values(type.getFields()).map((field) => ({ type, field })));
const places: (Place & (typeof fields)[number])[] = fields.flatMap(({ type, field }) =>
  field.args.flatMap((arg) =>
    placesIn(arg.type, [arg.name]).map(({ path, wrap }) => ({
      type,
      field,
      title: `${type.name}.${field.name}: ${path.join('.')}`,
      path,
      args: (text) => ({ [arg.name]: wrap(text) }),
    })),
  ),
);

test('finds the arguments of queries, mutations, subscriptions, and of what they lead to', () => {
  expect(places.length).toBeGreaterThan(60);
  const titles = places.map(({ title }) => title);
  expect(titles).toEqual(
    expect.arrayContaining([
      'Query.predictions: filter.label',
      'Mutation.createDatasetSnapshot: input.classes.0.folder',
      'Mutation.startTraining: input.acknowledgedFindings.0',
      'Subscription.championChanged: modelName',
      'DatasetSnapshot.items: label',
    ]),
  );
});

test.each(places)(
  '$title is refused by name before its resolver runs',
  async ({ field, type, path, args }) => {
    for (const text of Object.values(BAD)) {
      const call = type.name === 'Subscription' ? field.subscribe : field.resolve;
      // The context is empty: a resolver that ran would fail with another error.
      const info: any = undefined;
      const answer = await Promise.resolve()
        .then(() => call?.({}, args(text), {}, info))
        .catch((error: unknown) => error);
      const shown: unknown = JSON.parse(JSON.stringify(answer));
      expect(shown).toEqual(
        'userErrors' in Object(answer)
          ? {
              userErrors: [
                { code: 'INVALID', field: path, message: expect.stringContaining(path.join('.')) },
              ],
            }
          : expect.objectContaining({
              message: expect.stringContaining(path.join('.')),
              extensions: { code: 'BAD_USER_INPUT', argument: path },
            }),
      );
    }
  },
);

test('emoji and other characters beyond the first plane are text like any other, and lists have an end', async () => {
  const { createApiToken, startTraining } = schema.getMutationType()?.getFields() ?? {};
  const info = { operation: { operation: 'mutation' } };
  const call = async (resolve: any, input: object) => resolve({}, { input }, {}, info);
  await expect(call(createApiToken?.resolve, { name: '🔬 𝔹last ä' })).rejects.toThrow('Sign in first'); // it ran
  const acknowledgedFindings = new Array<string>(1_001).fill('BALANCE');
  expect(await call(startTraining?.resolve, { acknowledgedFindings })).toMatchObject({
    userErrors: [
      { field: ['input', 'acknowledgedFindings'], message: expect.stringContaining('1001 entries') },
    ],
  });
});

/** The schema coordinates of all arguments and input fields that are texts, ids or numbers. */
const coordinates = Object.values(schema.getTypeMap()).flatMap((type) => {
  const named = (owner: string, parts: readonly { name: string; type: GraphQLInputType }[]) =>
    parts
      .filter(({ type }) => ['String', 'ID', 'Int', 'Float'].includes(getNamedType(type).name))
      .map(({ name }) => `${owner}.${name}`);
  if (type.name.startsWith('__')) return [];
  if (isInputObjectType(type)) return named(type.name, Object.values(type.getFields()));
  if (!isObjectType(type)) return [];
  return Object.values(type.getFields()).flatMap(({ name, args }) => named(`${type.name}.${name}`, args));
});

test('every text, id and number among the arguments has a rule: add yours to argument-rules.ts', () => {
  expect(coordinates.length).toBeGreaterThan(150);
  expect(coordinates.filter((coordinate) => !ruleOf(coordinate))).toEqual([]);
});

/** What a signed-in caller gets from a field whose resolver must not run: the messages of the faults. */
async function refusedBy(parent: string, name: string, args: Record<string, unknown>): Promise<string[]> {
  const field = fields.find(({ type, field }) => type.name === parent && field.name === name)?.field;
  const info: any = { operation: { operation: 'query' } };
  const call: any = parent === 'Subscription' ? field?.subscribe : field?.resolve;
  try {
    const answer = await call({}, args, { viewer: {} }, info);
    return answer.userErrors.map(({ message }: { message: string }) => message);
  } catch (error: any) {
    return error.extensions?.code === 'BAD_USER_INPUT' ? [error.message] : [`It ran: ${error}`];
  }
}

const WRONG_IDS = ['x', '', 'pred_1', `pred_${'A'.repeat(32)}`, newId('find'), `${newId('pred')} `];
/** Refuses each entry separately, as nodes.db.test.ts tests. */
const NODES = 'Query.nodes: ids.0';
const ids = places.filter(({ path, title }) => {
  const name = path.findLast((part) => !/^\d+$/.test(part)) ?? '';
  // The last three are ids of requests, and may be a SHA-256 or the name of an operation.
  return (
    /(^id|Id)s?$/.test(name) &&
    !['clientRequestId', 'requestId', 'entityId'].includes(name) &&
    title !== NODES
  );
});

test('every argument that is an id refuses texts that are no ids, and ids of other types', async () => {
  expect(ids.length).toBeGreaterThan(40);
  for (const { type, field, args, title } of ids) {
    for (const wrong of WRONG_IDS) {
      if (field.name === 'node' && wrong.startsWith('find_')) continue; // any type
      expect([title, wrong, await refusedBy(type.name, field.name, args(wrong))]).toEqual([
        title,
        wrong,
        expect.arrayContaining([expect.stringMatching(/must be the (id|prefix)/)]),
      ]);
    }
  }
});

test.each([
  ['a page of no rows', { first: 0 }, "'first' must be from 1 to 200, not 0."],
  ['a negative page', { last: -1 }, "'last' must be from 1 to 200, not -1."],
  ['too large a page', { first: 201 }, "'first' must be from 1 to 200, not 201."],
  ['both directions', { first: 1, last: 1 }, /Do not combine them/],
  ['a text that is no cursor', { after: 'x' }, "'x' is not a cursor."],
  [
    'a confidence above 1',
    { filter: { minConfidence: 2 } },
    "'filter.minConfidence' must be from 0 to 1, not 2.",
  ],
  [
    'a negative confidence',
    { filter: { maxConfidence: -0.1 } },
    "'filter.maxConfidence' must be from 0 to 1",
  ],
  [
    'an empty range of confidence',
    { filter: { minConfidence: 0.9, maxConfidence: 0.8 } },
    "'filter.minConfidence' (0.9) must not be above 'filter.maxConfidence' (0.8).",
  ],
  [
    'an empty range of time',
    { filter: { createdAfter: new Date(5), createdBefore: new Date(5) } },
    "'filter.createdAfter' must be earlier than 'filter.createdBefore'.",
  ],
  ['half a hash', { filter: { imageSha256: 'ab' } }, /must be a SHA-256: 64 hexadecimal digits/],
  ['a hash in capitals', { filter: { imageSha256: 'A'.repeat(64) } }, /with lower-case letters/],
  [
    'a case with a space at its end',
    { filter: { caseReference: 'A-1 ' } },
    /must not begin or end with white space/,
  ],
  ['a case without a character', { filter: { caseReference: '' } }, /must not be empty/],
  [
    'a case that is too long',
    { filter: { caseReference: 'a'.repeat(201) } },
    /at most 200 characters, not 201/,
  ],
])('predictions refuse %s', async (_what, args, message) => {
  const [refusal] = await refusedBy('Query', 'predictions', args);
  if (typeof message === 'string') expect(refusal).toContain(message);
  else expect(refusal).toMatch(message);
});

test.each([
  [
    'an unknown action',
    { action: 'NOTHING' },
    /'action' must be one of these: SIGNED_IN, .*'NOTHING' is none of them/,
  ],
  ['an unknown outcome', { filter: { outcome: 'FAILURE' } }, /one of these: success, failure/],
  ['a text that is no address', { filter: { ip: '1.2.3' } }, /must be an IP address/],
  [
    'an empty range of time',
    { filter: { createdAfter: new Date(9), createdBefore: new Date(5) } },
    /earlier/,
  ],
  ['a case that was never trimmed', { filter: { caseReference: ' A' } }, /white space/],
])('audit events refuse %s', async (_what, args, message) => {
  expect((await refusedBy('Query', 'auditEvents', args))[0]).toMatch(message);
});

test('all faults of a field are reported, also those of a mutation', async () => {
  const [refusal] = await refusedBy('Query', 'predictions', {
    first: 0,
    filter: { minConfidence: 2, siteId: 'x' },
  });
  expect(refusal).toMatch(
    /'first' must .*'filter.minConfidence' must|'filter.minConfidence' must .*'first' must/,
  );
  expect(refusal).toContain("'filter.siteId' must");
  const input = { modelVersionId: 'x', datasetSnapshotId: newId('mver') };
  expect(await refusedBy('Mutation', 'evaluateModelVersion', { input })).toEqual([
    expect.stringContaining("'input.datasetSnapshotId' must be the id of a dataset snapshot, and 'mver_"),
    expect.stringContaining(
      "'input.modelVersionId' must be the id of a model version (mver_ and 32 hexadecimal digits)",
    ),
  ]);
});
