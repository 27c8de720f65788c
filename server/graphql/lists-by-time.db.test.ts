import { newId } from '../database/ids.js';
import { registerRandomVersion } from '../features/models/testing.js';
import { encodeCursor } from '../api/connection.js';
import { openTestServices, type TestServices } from './testing.js';

// Lists start with the newest row by the database's clock, although ids contain the time of the process that made them.

let services: TestServices;
let viewer: Awaited<ReturnType<TestServices['createViewer']>>;

/** Ids of processes whose clocks differ: in each list the third row was made by a process that is hours ahead. */
const idsOf = (prefix: 'snap' | 'run' | 'bulk' | 'eval' | 'field' | 'case') => {
  const [a = '', b = '', c = '', d = '', ahead = ''] = Array.from({ length: 5 }, () => newId(prefix)).sort();
  return [a, b, ahead, c, d];
};
/** The last two at the same moment. */
const times = [1, 2, 3, 4, 4].map((second) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)));
const ids = {
  datasetSnapshots: idsOf('snap'),
  trainingRuns: idsOf('run'),
  bulkClassifications: idsOf('bulk'),
  evaluations: idsOf('eval'),
  fields: idsOf('field'),
  cases: idsOf('case'),
};

beforeAll(async () => {
  services = await openTestServices();
  viewer = await services.createViewer();
  const { database } = services;
  const { id: modelVersionId, modelId } = await registerRandomVersion(services);
  const sha256 = 'a'.repeat(64);
  await database.image.create({ data: { sha256, width: 8, height: 8, byteSize: 9, mediaType: 'image/png' } });
  for (const [i, createdAt] of times.entries()) {
    const [snapshot = '', run = '', bulk = '', evaluation = '', field = '', ofCase = ''] = Object.values(
      ids,
    ).map((list) => list[i]);
    const name = `cells ${i}`;
    await database.datasetSnapshot.create({
      data: { id: snapshot, name, version: 1, status: 'FAILED', source: 'file:/cells', createdAt },
    });
    const training = { modelId, positiveLabel: 'blast', parameters: {}, seed: 1, acknowledgedFindings: [] };
    await database.trainingRun.create({
      data: { id: run, status: 'FAILED', datasetSnapshotId: snapshot, createdAt, ...training },
    });
    const source = { source: 'file:/cells', modelVersionId, createdById: viewer.id };
    await database.bulkClassification.create({ data: { id: bulk, status: 'FAILED', createdAt, ...source } });
    await database.evaluation.create({
      data: { id: evaluation, status: 'FAILED', modelVersionId, datasetSnapshotId: snapshot, createdAt },
    });
    await database.case.create({ data: { id: ofCase, reference: name, searchText: name, createdAt } });
    await database.field.create({
      data: {
        ...{ id: field, imageSha256: sha256, modelVersionId, createdById: viewer.id, createdAt },
        ...{ leftOut: [], qualityWarnings: [] },
      },
    });
  }
});
afterAll(() => services.close());

const page = (list: string, after: string | null) =>
  services.execute(
    `query ($after: String) { ${list}(first: 2, after: $after) {
      totalCount edges { cursor node { id } } pageInfo { endCursor hasNextPage }
    } }`,
    { after },
    viewer,
  );

test.each(Object.entries(ids))('%s are in the order of the database, page by page', async (list, inTime) => {
  const found: string[] = [];
  for (let after: string | null = null, more = true; more;) {
    const { data } = await page(list, after);
    expect(data[list].totalCount).toBe(inTime.length);
    found.push(...data[list].edges.map(({ node }: { node: { id: string } }) => node.id));
    ({ endCursor: after, hasNextPage: more } = data[list].pageInfo);
  }
  expect(found).toEqual(inTime.toReversed());
});

test.each(Object.entries(ids))('%s refuse a cursor of another list', async (list, inTime) => {
  const time = new Date(0).toISOString();
  const others = [
    [inTime[0] ?? ''],
    [time, newId('pred')],
    ['yesterday', inTime[0] ?? ''],
    [0, inTime[0] ?? ''],
    [],
  ];
  for (const key of others)
    expect((await page(list, encodeCursor(key))).errors).toMatchObject([{ code: 'BAD_USER_INPUT' }]);
});
