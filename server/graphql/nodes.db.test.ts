import type { Viewer } from '../api/context.js';
import { Role, Scope } from '../api/permissions.js';
import type { Database } from '../database/client.js';
import { newId } from '../database/ids.js';
import { createSite } from '../features/accounts/sites/create-site.js';
import { registerRandomChampion } from '../features/models/testing.js';
import { classifyBytes } from '../features/predictions/testing.js';
import { reviewPrediction } from '../features/reviews/review-prediction.js';
import { drawSmear } from '../imaging/testing.js';
import { openTestServices, type TestServices } from './testing.js';

let services: TestServices;
let everyone: Viewer;
/** Ids of objects of several types, some of each. */
let ids: string[];

beforeAll(async () => {
  services = await openTestServices();
  everyone = await services.createViewer();
  const context = services.contextOf(everyone);
  const version = await registerRandomChampion(context);
  const predictions = [];
  for (const seed of [1, 2, 3])
    predictions.push(
      await classifyBytes(context, {
        ...{ bytes: await drawSmear({ seed }).png().toBuffer(), fileName: 'cell.png', caseReference: null },
        ...{ modelName: null, modelVersionId: version.id },
      }),
    );
  for (const { id, label } of predictions)
    await reviewPrediction(services.contextOf(everyone), { predictionId: id, label, comment: null });
  for (const name of ['North', 'South']) await createSite(context, { name });
  const idsOf = async (rows: Promise<{ id: string }[]>) => (await rows).map(({ id }) => id);
  const { database } = services;
  const only = { select: { id: true }, take: 3 } as const;
  ids = [
    ...predictions.map(({ id }) => id),
    ...(await idsOf(database.review.findMany(only))),
    ...(await idsOf(database.site.findMany(only))),
    ...(await idsOf(database.auditEvent.findMany(only))),
    ...(await idsOf(database.user.findMany(only))),
    ...[version.id, version.modelId],
  ];
});
afterAll(() => services.close());

async function nodes(wanted: string[], viewer: Viewer | null = everyone) {
  return services.execute(
    'query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }',
    { ids: wanted },
    viewer,
  );
}

test('objects of any type are in the order of their ids, and null where there is none', async () => {
  const missing = newId('pred');
  const wanted = [...ids, missing, ...ids.toReversed(), 'no id'];
  const { data, errors } = await nodes(wanted);
  expect(errors).toEqual([
    {
      code: 'BAD_USER_INPUT',
      message: expect.stringMatching(/^An id must be the prefix of a type, .* not 'no id'/),
    },
  ]);
  expect(data.nodes.map((node: { id: string } | null) => node?.id ?? null)).toEqual(
    wanted.map((id) => (ids.includes(id) ? id : null)),
  );
  expect(data.nodes[0].__typename).toBe('Prediction');
});

test('many objects are read with a few statements', async () => {
  let count = 0;
  const database = services.database.$extends({
    query: {
      $allOperations: ({ args, query }) => {
        count++;
        return query(args);
      },
    },
  }) as unknown as Database; // the extension only counts
  const context = { ...services.contextOf(everyone), database };
  const { data } = await services.executeIn(context, 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', {
    ids,
  });
  expect(data.nodes).toHaveLength(ids.length);
  expect(count).toBe(new Set(ids.map((id) => id.split('_')[0])).size);
});

test('an id that the viewer may not read is an error of its entry, and the others are found', async () => {
  const clinician = await services.createViewer(Role.CLINICIAN);
  const event = ids.find((id) => id.startsWith('aud_')) ?? '';
  const [prediction = ''] = ids;
  const { data, errors } = await nodes([prediction, event, prediction], clinician);
  expect(data.nodes.map((node: { id: string } | null) => node?.id)).toEqual([
    prediction,
    undefined,
    prediction,
  ]);
  expect(errors).toMatchObject([{ code: 'FORBIDDEN' }]);

  const program = { ...everyone, token: { id: newId('tok'), scopes: [Scope.TRAIN] } };
  expect((await nodes([prediction], program)).errors).toMatchObject([{ code: 'FORBIDDEN' }]);
});

test('an API token is found by its owner only', async () => {
  const other = await services.createViewer();
  const { data } = await services.execute(
    'mutation { createApiToken(input: { name: "a program", scopes: [CLASSIFY] }) { token { id } userErrors { message } } }',
    {},
    { ...everyone, sessionId: newId('sess') },
  );
  const { id } = data.createApiToken.token;
  expect((await nodes([id])).data.nodes).toMatchObject([{ id }]);
  expect((await nodes([id], other)).data.nodes).toEqual([null]);
});

test('at most 200 ids are accepted, and no caller who is not signed in', async () => {
  const many = Array.from({ length: 201 }, () => newId('pred'));
  expect((await nodes(many)).errors).toMatchObject([
    { code: 'BAD_USER_INPUT', message: expect.stringContaining('at most 200 ids, not 201') },
  ]);
  expect((await nodes(many.slice(1))).errors).toEqual([]);
  expect((await nodes([], null)).errors).toMatchObject([{ code: 'UNAUTHENTICATED' }]);
});
