import { getNamedType, isObjectType } from 'graphql';
import { newId } from '../database/ids.js';
import { createSnapshot } from '../features/datasets/testing.js';
import { recordEvaluation, registerRandomVersion } from '../features/models/testing.js';
import { untilListed } from '../features/prediction-changes/testing.js';
import { openTestServices, type TestServices } from './testing.js';

// Every list with pages can be read in both directions, and says truly whether there is more on either side.

let services: TestServices;
let viewer: Awaited<ReturnType<TestServices['createViewer']>>;
/** The path to each connection from the query, with what to select on its nodes. */
let lists: Record<string, { path: string[]; node: string }>;

const COUNT = 5;

beforeAll(async () => {
  services = await openTestServices();
  viewer = await services.createViewer();
  const { database } = services;
  const versions = [];
  for (let seed = 0; seed < COUNT; seed++) versions.push(await registerRandomVersion(services, { seed }));
  const [version] = versions;
  if (!version) throw new Error('There is no version.');
  const each = Array.from({ length: COUNT }, (_, index) => index);

  const snapshot = await createSnapshot(
    database,
    each.map((index) => ({ image: `item ${index}`, group: `patient ${index}` })),
  );
  const ingesting = newId('snap');
  await database.datasetSnapshot.create({
    data: { id: ingesting, name: 'skipped', version: 1, status: 'INGESTING', source: 'file:/cells' },
  });
  await database.skippedFile.createMany({
    data: each.map((index) => ({
      ...{
        snapshotId: ingesting,
        key: `file-${index}`,
        reason: 'UNREADABLE' as const,
        detail: 'It is empty.',
      },
    })),
  });
  for (const index of each.slice(2)) await createSnapshot(database, [{ image: `snapshot ${index}` }]);
  for (let index = 0; index < COUNT; index++) {
    const id = newId('run');
    await database.trainingRun.create({
      data: {
        ...{ id, status: 'RUNNING', modelId: version.modelId, datasetSnapshotId: snapshot.id },
        ...{ positiveLabel: 'blast', parameters: {}, seed: 1, acknowledgedFindings: [] },
      },
    });
    if (index > 0) continue;
    await database.trainingRunItem.createMany({
      data: each.map((item) => ({ trainingRunId: id, key: `blast/${item}`, split: 'train' })),
    });
  }
  const run = await database.trainingRun.findFirstOrThrow({ where: { items: { some: {} } } });

  for (let index = 0; index < COUNT; index++) await recordEvaluation(database, version.id, snapshot.id);
  const compared = versions.slice(0, 2).map(({ id }) => id);
  for (const [at, id] of compared.entries()) {
    const answers = each.map(() => ({ probability: at === 0 ? 0.9 : 0.1, outcome: 'CLASSIFIED' as const }));
    await recordEvaluation(database, id, snapshot.id, {}, answers);
  }

  const sha256 = 'a'.repeat(64);
  await database.image.create({ data: { sha256, width: 8, height: 8, byteSize: 9, mediaType: 'image/png' } });
  for (let index = 0; index < COUNT; index++) {
    await database.bulkClassification.create({
      data: {
        ...{ id: newId('bulk'), status: 'SUCCEEDED', source: 'file:/cells', modelVersionId: version.id },
        ...{ createdById: viewer.id, doneCount: COUNT, failedCount: COUNT },
      },
    });
  }
  const bulk = await database.bulkClassification.findFirstOrThrow();
  for (const index of each) {
    await database.field.create({
      data: {
        ...{ id: newId('field'), createdById: viewer.id, imageSha256: sha256, modelVersionId: version.id },
        ...{ leftOut: [], qualityWarnings: [] },
      },
    });
    const id = newId('pred');
    await database.prediction.create({
      data: {
        ...{ id, createdById: viewer.id, imageSha256: sha256, modelVersionId: version.id, label: 'blast' },
        ...{ outcome: 'CLASSIFIED', confidence: 0.9, probabilities: [0.9, 0.1], outOfDistributionScore: 0 },
        ...{
          qualityWarnings: [],
          evidence: new Uint8Array(12),
          decodeMs: 1,
          queueMs: 1,
          inferenceMs: 1,
          totalMs: 3,
        },
      },
    });
    await database.bulkItem.createMany({
      data: [
        { bulkId: bulk.id, key: `done-${index}`, predictionId: id },
        { bulkId: bulk.id, key: `failed-${index}`, error: 'It is empty.' },
      ],
    });
  }

  for (const index of each) {
    const reference = `case ${index}`;
    await database.case.create({ data: { id: newId('case'), reference, searchText: reference } });
  }
  const ofCase = { caseReference: 'case with images', imageSha256: sha256, modelVersionId: version.id };
  for (const _ of each) {
    await database.field.create({
      data: { id: newId('field'), ...ofCase, leftOut: [], qualityWarnings: [] },
    });
    await database.prediction.create({
      data: {
        ...{ id: newId('pred'), ...ofCase, label: 'blast', outcome: 'CLASSIFIED', confidence: 0.9 },
        ...{ probabilities: [0.9, 0.1], outOfDistributionScore: 0, qualityWarnings: [] },
        ...{ evidence: new Uint8Array(12), decodeMs: 1, queueMs: 1, inferenceMs: 1, totalMs: 3 },
      },
    });
  }
  const { id: caseId } = await database.case.findFirstOrThrow({ where: { reference: ofCase.caseReference } });

  await database.webhook.create({
    data: {
      ...{ id: newId('hook'), name: 'Alerts', url: 'https://hooks.example.org/', events: ['PROMOTION'] },
      ...{ secret: 'none', enabled: false, createdById: viewer.id },
      deliveries: { create: each.map(() => ({ id: newId('dlv'), event: 'PROMOTION', data: {} })) },
    },
  });

  await untilListed(database);

  const model = await database.model.findUniqueOrThrow({ where: { id: version.modelId } });
  const comparison = `compareVersions(input: { modelVersionIds: ${JSON.stringify(compared)}, datasetSnapshotId: "${snapshot.id}" })`;
  lists = {
    'Query.auditEvents': { path: ['auditEvents'], node: 'id' },
    'Query.bulkClassifications': { path: ['bulkClassifications'], node: 'id' },
    'Query.cases': { path: ['cases'], node: 'id' },
    'Query.datasetSnapshots': { path: ['datasetSnapshots'], node: 'id' },
    'Query.evaluations': { path: ['evaluations'], node: 'id' },
    'Query.fields': { path: ['fields'], node: 'id' },
    'Query.predictionChanges': { path: ['predictionChanges'], node: 'cursor' },
    'Query.predictions': { path: ['predictions'], node: 'id' },
    'Query.trainingRuns': { path: ['trainingRuns'], node: 'id' },
    'BulkClassification.failedFiles': {
      ...{ path: [`bulkClassification(id: "${bulk.id}")`, 'failedFiles'], node: 'file' },
    },
    'BulkClassification.predictions': {
      ...{ path: [`bulkClassification(id: "${bulk.id}")`, 'predictions'], node: 'id' },
    },
    'BulkClassification.skippedFiles': {
      ...{ path: [`bulkClassification(id: "${bulk.id}")`, 'skippedFiles'], node: 'file' },
    },
    'Case.fields': { path: [`case(id: "${caseId}")`, 'fields'], node: 'id' },
    'Case.predictions': { path: [`case(id: "${caseId}")`, 'predictions'], node: 'id' },
    'DatasetSnapshot.items': { path: [`datasetSnapshot(id: "${snapshot.id}")`, 'items'], node: 'key' },
    'DatasetSnapshot.skippedFiles': {
      ...{ path: [`datasetSnapshot(id: "${ingesting}")`, 'skippedFiles'], node: 'file' },
    },
    'Model.versions': { path: [`model(name: "${model.name}")`, 'versions'], node: 'id' },
    'Webhook.deliveries': { path: ['webhooks', 'deliveries'], node: 'id' },
    'VersionComparison.changedImages': { path: [comparison, 'changedImages'], node: 'item { key }' },
    'VersionComparison.groups': { path: [comparison, 'groups'], node: 'name' },
    'TrainingRun.items': { path: [`trainingRun(id: "${run.id}")`, 'items'], node: 'key' },
  };
});
afterAll(() => services.close());

/** The fields of the schema that return a connection, as 'Type.field', with their arguments. */
function connectionsOf({ schema }: TestServices): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      if (!getNamedType(field.type).name.endsWith('Connection')) continue;
      found.set(
        `${type.name}.${field.name}`,
        field.args.map(({ name }) => name),
      );
    }
  }
  return found;
}

test('every connection of the schema has pages in both directions, and is tested here', () => {
  const found = connectionsOf(services);
  expect([...found.keys()].sort()).toEqual(Object.keys(lists).sort());
  for (const [field, names] of found)
    expect([field, ...names]).toEqual(expect.arrayContaining([field, 'first', 'after', 'last', 'before']));
});

interface PageInfo {
  startCursor: string | null;
  endCursor: string | null;
  hasNextPage: boolean;
  hasPreviousPage: boolean;
}

async function read(field: string, page: string): Promise<{ nodes: string[]; pageInfo: PageInfo }> {
  const { path, node } = lists[field] as (typeof lists)[string];
  const selection = `edges { cursor node { ${node} } } pageInfo { startCursor endCursor hasNextPage hasPreviousPage }`;
  const query = path.reduceRight((below, name) => `${name} { ${below} }`, selection);
  const { data, errors } = await services.execute(
    `{ ${query.replace(/(\w+) \{ edges/, `$1${page} { edges`)} }`,
    {},
    viewer,
  );
  expect(errors).toEqual([]);
  let found = data;
  for (const name of path) found = [found[name.replace(/\(.*/, '')]].flat()[0];
  const { edges, pageInfo } = found;
  expect([edges.at(0)?.cursor, edges.at(-1)?.cursor]).toEqual([pageInfo.startCursor, pageInfo.endCursor]);
  return { nodes: edges.map((edge: any) => edge.node[node.replace(/ .*/, '')]), pageInfo };
}

/** All rows, two at a time, from either end. Between the pages, the information about them must be right. */
async function readAll(field: string, isBackward: boolean): Promise<string[]> {
  const all: string[] = [];
  for (let cursor: string | null = null, count = 0; ; count++) {
    const position: string = cursor === null ? '' : `, ${isBackward ? 'before' : 'after'}: "${cursor}"`;
    const { nodes, pageInfo } = await read(field, `(${isBackward ? 'last' : 'first'}: 2${position})`);
    if (isBackward) all.unshift(...nodes);
    else all.push(...nodes);
    const { hasNextPage, hasPreviousPage, startCursor, endCursor } = pageInfo;
    const [more, before] = isBackward ? [hasPreviousPage, hasNextPage] : [hasNextPage, hasPreviousPage];
    expect([field, count, before]).toEqual([field, count, count > 0]);
    if (!more) return all;
    expect(nodes).toHaveLength(2);
    cursor = isBackward ? startCursor : endCursor;
  }
}

test('pages forward and backward have every row once, in the same order', async () => {
  for (const field of Object.keys(lists)) {
    const { nodes } = await read(field, '(first: 200)');
    expect(nodes.length).toBeGreaterThanOrEqual(COUNT);
    expect([field, await readAll(field, false)]).toEqual([field, nodes]);
    expect([field, await readAll(field, true)]).toEqual([field, nodes]);
  }
});

test('a page in both directions is refused', async () => {
  for (const { path } of Object.values(lists)) {
    const query = path.reduceRight((below, name) => `${name} { ${below} }`, 'edges { cursor }');
    const page = query.replace(/(\w+) \{ edges/, '$1(first: 2, last: 2) { edges');
    const { errors } = await services.execute(`{ ${page} }`, {}, viewer);
    expect(errors).toMatchObject([{ code: 'BAD_USER_INPUT' }]);
  }
});
