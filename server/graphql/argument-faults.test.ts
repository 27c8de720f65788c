import { parse } from 'graphql';
import { newId } from '../database/ids.js';
import { argumentFaults } from './argument-faults.js';
import { createSchema } from './schema.js';

const schema = await createSchema();

/** The path of the field and of the argument, of each error. */
const faults = (query: string, variables?: Record<string, unknown>) =>
  argumentFaults(schema, { document: parse(query), variables }).map(({ path, extensions }) => [
    path?.join('.'),
    (extensions.argument as string[]).join('.'),
  ]);

test('all invalid arguments of a request are reported at once, each with its field', () => {
  expect(
    faults(
      `query ($id: ID!) { one: predictions(first: 0, filter: { minConfidence: 2 }) { totalCount }
        two: prediction(id: $id) { id } ...Rest }
      fragment Rest on Query { models { versions(first: 1, last: 1) { totalCount } } bulkClassifications(after: "x") { totalCount } }`,
      { id: 'x' },
    ),
  ).toEqual([
    ['one', 'filter.minConfidence'],
    ['one', 'first'],
    ['two', 'id'],
    [undefined, 'first'], // below a list, where the path is not known before the operation runs
    ['bulkClassifications', 'after'],
  ]);
});

test.each([
  [
    'a nullable field is null with its error, and the others have their data',
    '{ prediction(id: "x") { id } viewer { id } }',
  ],
  ['an operation reports it in userErrors', 'mutation { cancelTraining(id: "x") { userErrors { code } } }'],
  ['a field that is left out', '{ predictions(first: 0) @skip(if: true) { totalCount } viewer { id } }'],
  ['fields of introspection', '{ __type(name: "x") { name } }'],
  ['valid arguments', `{ predictions(first: 1, filter: { siteId: "${newId('site')}" }) { totalCount } }`],
])('nothing is refused beforehand: %s', (_what, query) => {
  expect(faults(query)).toEqual([]);
});

test('a subscription is refused too', () => {
  expect(faults(`subscription { predictionCreated(after: "${newId('pred')}") { id } }`)).toEqual([]);
  expect(faults('subscription { championChanged(modelName: "a") { id } }')).toEqual([]);
  expect(faults('subscription { trainingRunChanged(id: "pred_1") { id } }')).toEqual([
    ['trainingRunChanged', 'id'],
  ]);
});
