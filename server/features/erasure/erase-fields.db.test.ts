import type { Viewer } from '../../api/context.js';
import { sha256 } from '../../artifact/artifact.js';
import { newId } from '../../database/ids.js';
import { openTestServices, type TestServices } from '../../graphql/testing.js';
import { imageKey } from '../../storage/keys.js';
import { imageFile } from '../images/image-file.js';
import { registerRandomChampion } from '../models/testing.js';
import { evidenceMapImage } from '../predictions/evidence-map-image.js';
import { cellImage } from '../predictions/fields/cell-image.js';
import { drawField, drawRedCells } from '../predictions/fields/testing.js';
import { uploadOf } from '../predictions/testing.js';
import { deleteErasedImages } from './delete-erased-images.js';

const CELLS: [number, number][] = [
  [120, 110],
  [330, 100],
  [230, 330],
];

let services: TestServices;
let admin: Viewer;

beforeAll(async () => {
  services = await openTestServices();
  admin = await services.createViewer();
  await registerRandomChampion(services.contextOf(admin));
});
afterAll(() => services.close());

async function execute(query: string, variables: object): Promise<any> {
  const { data, errors } = await services.execute(query, { ...variables }, admin);
  expect(errors).toEqual([]);
  return data;
}

async function classifyField(bytes: Uint8Array, input: object): Promise<any> {
  const { classifyField } = await execute(
    `mutation ($image: Upload!, $input: ClassifyInput) {
      classifyField(image: $image, input: $input) {
        field { id caseReference predictions { id outcome label repeatOf { id } } } userErrors { code message }
      }
    }`,
    { image: uploadOf(bytes, { filename: 'slide.png' }), input },
  );
  return classifyField;
}

async function erase(caseReference: string): Promise<any> {
  const { eraseCase } = await execute(
    `mutation ($input: EraseCaseInput!) {
      eraseCase(input: $input) {
        erasure { contents { predictionCount fieldCount reviewCount imageCount sharedImageCount } } userErrors { code }
      }
    }`,
    { input: { caseReference, reason: 'The patient has withdrawn consent.' } },
  );
  await deleteErasedImages(services, new AbortController().signal);
  return eraseCase;
}

/** The objects with these ids that a query still finds. */
async function findNodes(ids: readonly string[]) {
  const query = 'query ($id: ID!) { node(id: $id) { id } }';
  const nodes = await Promise.all(ids.map(async (id) => (await execute(query, { id })).node));
  return nodes.filter((node) => node !== null);
}

test('erases a field with its cells, a cell that a user added, and a review', async () => {
  const caseReference = `case ${newId('run')}`;
  const bytes = await drawField(CELLS, [240, 231, 222]);
  const input = { caseReference, clientRequestId: newId('run') };
  const { field } = await classifyField(bytes, input);
  const { addFieldCell } = await execute(
    `mutation ($input: AddFieldCellInput!) {
      addFieldCell(input: $input) { prediction { id caseReference } userErrors { code } }
    }`,
    { input: { fieldId: field.id, x: 560, y: 100 } },
  );
  expect(addFieldCell).toMatchObject({ prediction: { caseReference }, userErrors: [] });
  const [first] = field.predictions;
  const cells: string[] = [...field.predictions, addFieldCell.prediction].map(({ id }) => id);
  const reviewed = { predictionId: cells.at(-1), label: first.label, verdict: 'NOT_A_CELL' };
  await execute(
    `mutation ($input: ReviewPredictionInput!) { reviewPrediction(input: $input) { userErrors { code } } }`,
    { input: reviewed },
  );
  const context = services.contextOf(admin);
  expect(await cellImage(context, first.id, 160)).not.toBeNull(); // now in the cache
  expect(await evidenceMapImage(context, first.id)).not.toBeNull();

  expect(await erase(caseReference)).toEqual({
    erasure: {
      contents: { predictionCount: 4, fieldCount: 1, reviewCount: 1, imageCount: 1, sharedImageCount: 0 },
    },
    userErrors: [],
  });
  const { database } = services;
  expect(await database.field.count({ where: { id: field.id } })).toBe(0);
  expect(await database.prediction.count({ where: { id: { in: cells } } })).toBe(0);
  expect(await database.review.count({ where: { predictionId: { in: cells } } })).toBe(0);
  const request = await database.clientRequest.findFirstOrThrow({ where: { entityId: field.id } });
  expect(request.contentSha256).toBe(''); // the case reference could be found from the digest
  expect(await findNodes([field.id, ...cells])).toEqual([]);
  expect(await services.store.stat(imageKey(sha256(bytes)))).toBeNull();
  expect(await imageFile(context, sha256(bytes))).toBeNull();
  expect(await cellImage(context, first.id, 160)).toBeNull();
  expect(await evidenceMapImage(context, first.id)).toBeNull();
  expect(await classifyField(bytes, input)).toMatchObject({
    field: null,
    userErrors: [{ code: 'CONFLICT', message: 'The result of this request has been erased.' }],
  });
  const late = await execute(
    `mutation ($input: AddFieldCellInput!) { addFieldCell(input: $input) { prediction { id } userErrors { code } } }`,
    { input: { fieldId: field.id, x: 500, y: 400 } },
  );
  expect(late.addFieldCell).toEqual({ prediction: null, userErrors: [{ code: 'NOT_FOUND' }] });
});

test('erases a field without cells', async () => {
  const caseReference = `case ${newId('run')}`;
  const bytes = await drawRedCells([239, 231, 222]);
  const { field } = await classifyField(bytes, { caseReference });
  expect(field.predictions).toEqual([]);
  const { erasure } = await erase(caseReference);
  expect(erasure.contents).toMatchObject({ predictionCount: 0, fieldCount: 1, imageCount: 1 });
  expect(await findNodes([field.id])).toEqual([]);
  expect(await services.store.stat(imageKey(sha256(bytes)))).toBeNull();
});

test("another case's field with the same picture keeps its cells, evidence maps and images", async () => {
  const [caseReference, other] = [`case ${newId('run')}`, `case ${newId('run')}`];
  const bytes = await drawField(CELLS, [238, 231, 222]);
  const first = (await classifyField(bytes, { caseReference })).field;
  const kept = (await classifyField(bytes, { caseReference: other })).field;
  expect(kept.predictions.map(({ repeatOf }: any) => repeatOf.id)).toEqual(
    first.predictions.map(({ id }: any) => id),
  );
  const context = services.contextOf(admin);
  const pictures = () =>
    Promise.all(
      kept.predictions.map(async ({ id }: { id: string }) => [
        await evidenceMapImage(context, id),
        (await cellImage(context, id, 160))?.bytes,
      ]),
    );
  const before = await pictures();

  const { erasure } = await erase(caseReference);
  expect(erasure.contents).toMatchObject({
    ...{ predictionCount: 3, fieldCount: 1, imageCount: 0, sharedImageCount: 1 },
  });
  expect(await pictures()).toEqual(before);
  expect(before.flat().every((picture) => picture !== null && picture !== undefined)).toBe(true);
  const after = await execute(
    'query ($id: ID!) { field(id: $id) { predictions { id outcome label repeatOf { id } } } }',
    { id: kept.id },
  );
  expect(after.field.predictions).toEqual(kept.predictions.map((cell: any) => ({ ...cell, repeatOf: null })));
  const again = (await classifyField(bytes, { caseReference: other })).field;
  expect(again.predictions.map(({ repeatOf }: any) => repeatOf.id)).toEqual(
    kept.predictions.map(({ id }: any) => id),
  );
});
