import {
  type GraphQLInputType,
  GraphQLSchema,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';
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
              extensions: { code: 'BAD_USER_INPUT' },
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
