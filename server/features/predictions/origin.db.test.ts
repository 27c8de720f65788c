import type { Viewer } from '../../api/context.js';
import { Role, Scope } from '../../api/permissions.js';
import type { Database } from '../../database/client.js';
import { newId } from '../../database/ids.js';
import { openTestServices, type TestServices } from '../../graphql/testing.js';
import { drawSmear } from '../../imaging/testing.js';
import { registerRandomChampion } from '../models/testing.js';
import type { PredictionRow } from './load-predictions.js';
import { classifyBytes, uploadOf } from './testing.js';

let services: TestServices;
let clinician: Viewer;
let versionId: string;

beforeAll(async () => {
  services = await openTestServices();
  clinician = await services.createViewer(Role.CLINICIAN);
  versionId = (await registerRandomChampion(services.contextOf(await services.createViewer()))).id;
});
afterAll(() => services.close());

async function classify(seed: number, viewer = clinician): Promise<PredictionRow> {
  return classifyBytes(services.contextOf(viewer), {
    ...{ bytes: await drawSmear({ seed }).png().toBuffer(), fileName: null, caseReference: `case ${seed}` },
    ...{ modelName: null, modelVersionId: null },
  });
}

/** A finished bulk classification that made these predictions. */
async function createBulk(predictions: PredictionRow[], siteId: string | null = null): Promise<string> {
  const id = newId('bulk');
  await services.database.bulkClassification.create({
    data: {
      ...{ id, status: 'SUCCEEDED', source: 'file:/cells', modelVersionId: versionId, siteId },
      createdById: clinician.id,
      items: {
        create: predictions.map((prediction, index) => ({
          key: `${index}.png`,
          predictionId: prediction.id,
        })),
      },
    },
  });
  return id;
}

const ORIGIN = '{ id repeatOf { id caseReference } bulkClassification { id } }';
const originOf = async (id: string, viewer = clinician) =>
  (await services.execute(`query ($id: ID!) { prediction(id: $id) ${ORIGIN} }`, { id }, viewer)).data
    .prediction;

test('a prediction names the earlier prediction that it repeats, and the bulk classification that made it', async () => {
  const first = await classify(1);
  const second = await classify(1);
  const third = await classify(1);
  const bulkId = await createBulk([second]);
  expect(await originOf(first.id)).toEqual({ id: first.id, repeatOf: null, bulkClassification: null });
  expect(await originOf(second.id)).toEqual({
    id: second.id,
    repeatOf: { id: first.id, caseReference: 'case 1' },
    bulkClassification: { id: bulkId },
  });
  expect(await originOf(third.id)).toMatchObject({ repeatOf: { id: first.id }, bulkClassification: null });
});

test('after the first prediction was erased, its oldest repeat is the first', async () => {
  const first = await classify(2);
  const context = services.contextOf(clinician);
  const bytes = await drawSmear({ seed: 2 }).png().toBuffer();
  const others = [];
  for (const caseReference of ['another', 'a third'])
    others.push(
      await classifyBytes(context, {
        ...{ bytes, fileName: null, caseReference, modelName: null, modelVersionId: null },
      }),
    );
  const [heir, next] = others.map(({ id }) => id);
  expect(await originOf(next ?? '')).toMatchObject({ repeatOf: { id: first.id } });
  const { data } = await services.execute(
    'mutation ($input: EraseCaseInput!) { eraseCase(input: $input) { userErrors { message } } }',
    { input: { caseReference: 'case 2', reason: 'The patient asked.' } },
    await services.createViewer(Role.ADMIN),
  );
  expect(data.eraseCase.userErrors).toEqual([]);
  expect(await originOf(heir ?? '')).toMatchObject({ repeatOf: null });
  expect(await originOf(next ?? '')).toMatchObject({ repeatOf: { id: heir } });
});

test('a list reads the origins of all its predictions together', async () => {
  const predictions = [];
  for (const seed of [3, 3, 4, 4, 5, 5]) predictions.push(await classify(seed));
  await createBulk(predictions.slice(0, 2));
  await createBulk(predictions.slice(2, 4));
  let statements: string[] = [];
  const database = services.database.$extends({
    query: {
      $allModels: {
        $allOperations: ({ model, args, query }) => {
          statements.push(model);
          return query(args);
        },
      },
    },
  }) as unknown as Database; // the extension only counts
  for (const first of [2, 6]) {
    statements = [];
    const context = { ...services.contextOf(clinician), database };
    const { data, errors } = await services.executeIn(
      context,
      `query ($first: Int) { predictions(first: $first) { edges { node ${ORIGIN} } } }`,
      { first },
    );
    expect(errors).toEqual([]);
    expect(data.predictions.edges).toHaveLength(first);
    const jobs = first === 2 ? [] : ['BulkClassification']; // the newest two were sent alone
    expect(statements.toSorted()).toEqual([...jobs, 'Prediction', 'Prediction']);
  }
});

test('a program that may only classify does not read the earlier prediction', async () => {
  const first = await classify(6);
  const classifyAs = async (viewer: Viewer) => {
    const { data, errors } = await services.execute(
      `mutation ($image: Upload!) { classify(image: $image) { prediction ${ORIGIN} } }`,
      { image: uploadOf(await drawSmear({ seed: 6 }).png().toBuffer()) },
      viewer,
    );
    expect(errors).toEqual([]);
    return data.classify.prediction.repeatOf;
  };
  const program = { ...clinician, token: { id: newId('tok'), scopes: [Scope.CLASSIFY] } };
  expect(await classifyAs(program)).toBeNull();
  expect(await classifyAs(clinician)).toEqual({ id: first.id, caseReference: 'case 6' });
  const auditor = await services.createViewer(Role.AUDITOR);
  const repeat = await classify(6);
  expect(await originOf(repeat.id, auditor)).toMatchObject({
    repeatOf: { id: first.id, caseReference: null },
  });
});
