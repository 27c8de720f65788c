import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Viewer } from '../../api/context.js';
import { openTestServices, type TestServices } from '../../graphql/testing.js';
import { registerRandomChampion } from '../models/testing.js';
import { drawField, drawRedCells } from '../predictions/fields/testing.js';
import { eraseCase } from '../erasure/erase-case.js';
import { runBulkClassification } from './run-bulk-classification.js';

let services: TestServices;
let engineer: Viewer;
let folder: string;

beforeAll(async () => {
  services = await openTestServices();
  engineer = await services.createViewer();
  await registerRandomChampion(services.contextOf(engineer));
  folder = path.join(services.config.ingestRoots[0] ?? '', 'pictures');
  await mkdir(folder, { recursive: true });
  const three: [number, number][] = [
    [120, 110],
    [330, 100],
    [230, 330],
  ];
  await writeFile(path.join(folder, 'field.png'), await drawField(three));
  await writeFile(path.join(folder, 'one.png'), await drawField([[300, 240]]));
  await writeFile(path.join(folder, 'red.png'), await drawRedCells());
  await writeFile(path.join(folder, 'broken.png'), (await drawField(three)).subarray(0, 4000));
});
afterAll(() => services.close());

async function classifyFolder(imageKind: string | undefined, caseReference: string) {
  const started = await services.execute(
    `mutation ($input: ClassifyFolderInput!) {
      classifyFolder(input: $input) { bulkClassification { id imageKind } userErrors { code message } }
    }`,
    { input: { source: `file:${folder}`, imageKind, caseReference } },
    engineer,
  );
  expect(started).toMatchObject({ errors: [], data: { classifyFolder: { userErrors: [] } } });
  const { id } = started.data.classifyFolder.bulkClassification;
  await runBulkClassification({ ...services, threads: 1 }, id, {
    signal: new AbortController().signal,
    attempt: 1,
  });
  const { data, errors } = await services.execute(
    `query ($id: ID!, $filter: PredictionFilter) {
      bulkClassification(id: $id) {
        status error imageKind doneCount failedCount
        predictions { totalCount edges { cursor node { fileName region { left } field { id } bulkClassification { id } } } }
        firstTwo: predictions(first: 2) { edges { node { id } } pageInfo { endCursor hasNextPage } }
      }
      predictions(filter: $filter) { totalCount }
    }`,
    { id, filter: { bulkClassificationId: id } },
    engineer,
  );
  expect(errors).toEqual([]);
  const bulk = data.bulkClassification;
  expect(data.predictions.totalCount).toBe(bulk.predictions.totalCount);
  for (const { node } of bulk.predictions.edges) expect(node.bulkClassification).toEqual({ id });
  const names: string[] = bulk.predictions.edges.map(
    ({ node }: any) => `${node.fileName} ${node.field ? 'in field' : 'alone'}`,
  );
  return { id, bulk, names: names.sort() };
}

test('as fields, each cell of each image is a prediction', async () => {
  const { id, bulk, names } = await classifyFolder('FIELD', 'folder of fields');
  expect(bulk).toMatchObject({
    status: 'SUCCEEDED',
    error: null,
    imageKind: 'FIELD',
    doneCount: 3,
    failedCount: 1,
  });
  expect(names).toEqual([...new Array(3).fill('field.png in field'), 'one.png in field']);
  expect(await services.database.field.count({ where: { bulkItem: { bulkId: id } } })).toBe(3);

  const { endCursor, hasNextPage } = bulk.firstTwo.pageInfo;
  expect(hasNextPage).toBe(true);
  const { data } = await services.execute(
    `query ($id: ID!, $after: String) {
      bulkClassification(id: $id) { predictions(first: 9, after: $after) { edges { cursor } pageInfo { hasNextPage } } }
    }`,
    { id, after: endCursor },
    engineer,
  );
  expect(data.bulkClassification.predictions).toEqual({
    edges: bulk.predictions.edges.slice(2).map(({ cursor }: { cursor: string }) => ({ cursor })),
    pageInfo: { hasNextPage: false },
  });
});

test('automatically, only an image with several whole cells is a field', async () => {
  const { id, bulk, names } = await classifyFolder('AUTOMATIC', 'mixed folder');
  expect(bulk).toMatchObject({ status: 'SUCCEEDED', error: null, doneCount: 3, failedCount: 1 });
  expect(names).toEqual([...new Array(3).fill('field.png in field'), 'one.png alone', 'red.png alone']);
  expect(await services.database.field.count({ where: { bulkItem: { bulkId: id } } })).toBe(1);
});

test('by default, each image is one cell', async () => {
  const { bulk, names } = await classifyFolder(undefined, 'folder of cells');
  expect(bulk).toMatchObject({ status: 'SUCCEEDED', imageKind: 'CELL', doneCount: 3 });
  expect(names).toEqual(['field.png alone', 'one.png alone', 'red.png alone']);
});

test('the erasure of a case removes its fields, and their images unless something else uses them', async () => {
  const { database } = services;
  const before = await database.field.findMany({ where: { caseReference: 'mixed folder' } });
  expect(before).toHaveLength(1);
  const { rows } = await eraseCase(services.contextOf(engineer), {
    ...{ caseReference: 'mixed folder', reason: 'The patient has requested it.' },
  });
  expect(rows.fieldIds).toEqual(before.map(({ id }) => id));
  expect(rows.imageSha256s).toEqual([]); // the other folders use all images
  expect(await database.field.count({ where: { caseReference: 'mixed folder' } })).toBe(0);
  expect(await database.prediction.count({ where: { caseReference: 'mixed folder' } })).toBe(0);
  expect(await database.field.count({ where: { caseReference: 'folder of fields' } })).toBe(3);
});
