import type { Viewer } from '../../api/context.js';
import { constantCellTypes } from '../../artifact/testing.js';
import { openTestServices, type TestServices } from '../../graphql/testing.js';
import { drawSmear } from '../../imaging/testing.js';
import { registerRandomVersion } from '../models/testing.js';
import { uploadOf } from './testing.js';

let services: TestServices;
let viewer: Viewer;
/** Versions that call every image the label, and name every cell a monocyte; `plain` knows no types. */
let versions: { normal: string; blast: string; plain: string };

beforeAll(async () => {
  services = await openTestServices();
  viewer = await services.createViewer();
  const cellTypes = constantCellTypes({ blast: 2, lymphocyte: 1, monocyte: 5 });
  const calibration = (intercept: number) => ({ method: 'platt' as const, slope: 1e-9, intercept });
  const register = async (manifest: object) => (await registerRandomVersion(services, { manifest })).id;
  versions = {
    normal: await register({ cellTypes, calibration: calibration(-5) }),
    blast: await register({ cellTypes, calibration: calibration(5) }),
    plain: await register({ calibration: calibration(5) }),
  };
});
afterAll(() => services.close());

const answer = `id outcome label confidence qualityWarnings cellType cellTypes { label probability }`;

async function classify(seed: number, modelVersionId: string) {
  const bytes = await drawSmear({ seed }).png().toBuffer();
  const { data, errors } = await services.execute(
    `mutation ($image: Upload!, $input: ClassifyInput) {
      classify(image: $image, input: $input) { prediction { ${answer} repeatOf { id } } userErrors { message } }
    }`,
    { image: uploadOf(bytes), input: { modelVersionId } },
    viewer,
  );
  expect(errors).toEqual([]);
  expect(data.classify.userErrors).toEqual([]);
  return data.classify.prediction;
}

const expectedTypes = [
  { label: 'monocyte', probability: expect.closeTo(0.625, 9) },
  { label: 'blast', probability: expect.closeTo(0.25, 9) },
  { label: 'lymphocyte', probability: expect.closeTo(0.125, 9) },
];

test('a prediction has the cell type and the probabilities, the most probable first, also when it is read again', async () => {
  const prediction = await classify(1, versions.normal);
  expect(prediction).toMatchObject({
    ...{ outcome: 'CLASSIFIED', label: 'normal', cellType: 'monocyte', cellTypes: expectedTypes },
  });
  const { data } = await services.execute(
    `query ($id: ID!) { prediction(id: $id) { ${answer} modelVersion { cellTypes } } }`,
    { id: prediction.id },
    viewer,
  );
  const { repeatOf, ...recorded } = prediction;
  expect(repeatOf).toBeNull();
  expect(data.prediction).toEqual({
    ...recorded,
    modelVersion: { cellTypes: ['blast', 'lymphocyte', 'monocyte'] },
  });
});

test('a repeat has the cell type of the first prediction', async () => {
  const first = await classify(2, versions.normal);
  const { id, repeatOf, ...repeat } = await classify(2, versions.normal);
  expect(repeatOf).toEqual({ id: first.id });
  expect({ ...first, ...repeat }).toEqual(first);
  expect(id).not.toBe(first.id);
});

test('a cell type that contradicts the label withholds the answer, and is not named', async () => {
  const { qualityWarnings, ...prediction } = await classify(3, versions.blast);
  expect(prediction).toMatchObject({
    ...{ outcome: 'INDETERMINATE', label: 'blast', cellType: null, cellTypes: expectedTypes },
  });
  expect(qualityWarnings).toContain('CELL_TYPE_CONTRADICTS');
  const { data } = await services.execute(
    `{ predictions(filter: { qualityWarning: "CELL_TYPE_CONTRADICTS" }) { edges { node { id } } } }`,
    {},
    viewer,
  );
  expect(data.predictions.edges).toEqual([{ node: { id: prediction.id } }]);
});

test('a version that knows no cell types answers as before', async () => {
  const { qualityWarnings, ...prediction } = await classify(4, versions.plain);
  expect(prediction).toMatchObject({
    outcome: 'CLASSIFIED',
    label: 'blast',
    cellType: null,
    cellTypes: null,
  });
  expect(qualityWarnings).not.toContain('CELL_TYPE_CONTRADICTS');
});

test('the history finds the predictions with a cell type, and refuses a type that no version knows', async () => {
  const query = `query ($cellType: String) { predictions(filter: { cellType: $cellType }) { totalCount edges { node { cellType } } } }`;
  const { data } = await services.execute(query, { cellType: 'monocyte' }, viewer);
  expect(data.predictions.totalCount).toBe(3);
  expect(data.predictions.edges.map(({ node }: any) => node.cellType)).toEqual(Array(3).fill('monocyte'));
  const none = await services.execute(query, { cellType: 'lymphocyte' }, viewer);
  expect(none.data.predictions.totalCount).toBe(0);
  const unknown = await services.execute(query, { cellType: 'giant' }, viewer);
  expect(unknown.errors).toMatchObject([
    { code: 'NOT_FOUND', message: expect.stringContaining("cell type 'giant'") },
  ]);
});

test('the database refuses a cell type of an answer that is withheld, and probabilities above 1', async () => {
  const { database } = services;
  const prediction = await database.prediction.findFirstOrThrow({
    where: { modelVersionId: versions.blast },
  });
  const { id } = prediction;
  await expect(
    database.$executeRaw`INSERT INTO "Prediction" SELECT (p).* FROM (
      SELECT jsonb_populate_record(q, '{"id": "pred_other", "cellType": "monocyte"}') AS p FROM "Prediction" q WHERE id = ${id}) r`,
  ).rejects.toThrow('Prediction_names_cell_type_if_classified');
  await expect(
    database.$executeRaw`INSERT INTO "Prediction" SELECT (p).* FROM (
      SELECT jsonb_populate_record(q, '{"id": "pred_other", "cellTypes": [1.5]}') AS p FROM "Prediction" q WHERE id = ${id}) r`,
  ).rejects.toThrow('Prediction_cellTypes_are_probabilities');
});
