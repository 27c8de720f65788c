import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Viewer } from '../../api/context.js';
import { Role } from '../../api/permissions.js';
import { sha256 } from '../../artifact/artifact.js';
import { newId } from '../../database/ids.js';
import { openTestServices, type TestServices } from '../../graphql/testing.js';
import { drawSmear } from '../../imaging/testing.js';
import { answerListing, answerObject, refuse, startScriptedS3 } from '../../storage/testing.js';
import { registerRandomChampion, registerRandomVersion } from '../models/testing.js';
import { WHOLE_IMAGE } from '../predictions/answer-image.js';
import { recordBulkAnswers, startBulkClassification } from './bulk-lifecycle.js';
import { runBulkClassification } from './run-bulk-classification.js';

const COUNT = 70;
const UNREADABLE = { reason: 'UNREADABLE' as const, detail: 'is damaged' };

let services: TestServices;
let engineer: Viewer;
let champion: { id: string };
let folder: string;

beforeAll(async () => {
  services = await openTestServices();
  engineer = await services.createViewer(Role.ML_ENGINEER);
  const admin = await services.createViewer(Role.ADMIN);
  champion = await registerRandomChampion(services.contextOf(admin), { modelName: 'reference' });
  folder = path.join(services.config.ingestRoots[0] ?? '', 'smears');
  await mkdir(path.join(folder, 'deep/er'), { recursive: true });
  const image = (seed: number) => drawSmear({ seed, width: 40, height: 40 }).png().toBuffer();
  for (let index = 0; index < COUNT; index++) {
    const place = index % 2 === 0 ? 'deep/er' : '.';
    await writeFile(path.join(folder, place, `${String(index).padStart(3, '0')}.png`), await image(index));
  }
  await cp(path.join(folder, 'deep/er/000.png'), path.join(folder, 'the same again.png'));
  await writeFile(path.join(folder, 'broken.jpg'), 'no image');
  await writeFile(path.join(folder, 'notes.txt'), 'no image, and not called one');
  await mkdir(path.join(folder, '@eaDir'));
  for (const name of ['@eaDir/000.png', '.DS_Store', 'Thumbs.db']) {
    await writeFile(path.join(folder, name), await image(1000));
  }
});
afterAll(() => services.close());

const fields = `id status source progress itemCount doneCount failedCount error finishedAt caseReference
  createdBy { id } modelVersion { id } failedFiles { totalCount edges { node { file error } } }
  fileCount skipped { reason count } skippedFiles { totalCount edges { node { file reason detail } } }
  predictions(first: 200) { totalCount totalCountIsEstimate edges { node { id fileName caseReference createdBy { id } } } }`;

async function begin(input: Record<string, unknown> = {}, viewer: Viewer = engineer) {
  const { data, errors } = await services.execute(
    `mutation ($input: ClassifyFolderInput!) {
      classifyFolder(input: $input) { bulkClassification { ${fields} } userErrors { code field message } }
    }`,
    { input: { source: `file:${folder}`, ...input } },
    viewer,
  );
  return { ...data?.classifyFolder, errors };
}

async function read(id: string) {
  const { data, errors } = await services.execute(
    `query ($id: ID!) { bulkClassification(id: $id) { ${fields} } }`,
    { id },
    engineer,
  );
  expect(errors).toEqual([]);
  return data.bulkClassification;
}

async function cancel(id: string) {
  const document = `mutation ($id: ID!) {
    cancelBulkClassification(id: $id) { bulkClassification { status } userErrors { code message } }
  }`;
  return (await services.execute(document, { id }, engineer)).data.cancelBulkClassification;
}

/** Runs the job as the worker does. */
function runJob(id: string, { signal = new AbortController().signal, attempt = 1 } = {}) {
  return runBulkClassification({ ...services, threads: 1 }, id, { signal, attempt });
}

async function predictionsOf(id: string) {
  return services.database.prediction.findMany({
    where: { bulkItem: { bulkId: id } },
    include: { bulkItem: true },
    omit: { evidence: true },
  });
}

test('a repeated request gets the first job, also at the same time, and another source is a conflict', async () => {
  const input = { clientRequestId: 'night shift', caseReference: 'repeated request' };
  const started = await Promise.all([begin(input), begin(input), begin(input)]);
  expect(started.flatMap(({ userErrors }) => userErrors)).toEqual([]);
  const ids = new Set(started.map(({ bulkClassification }) => bulkClassification.id));
  expect(ids.size).toBe(1);
  expect((await begin(input)).bulkClassification.id).toBe([...ids][0]);
  expect(
    await services.database.bulkClassification.count({ where: { caseReference: 'repeated request' } }),
  ).toBe(1);
  const other = await begin({ ...input, source: `file:${folder}/deep` });
  expect(other.userErrors).toMatchObject([{ code: 'CONFLICT', field: ['input', 'clientRequestId'] }]);
  await cancel([...ids][0]);
});

test('a repeated request gets no job of a site that its sender sees no longer, and starts no other', async () => {
  const site = await services.database.site.create({ data: { id: newId('site'), name: 'Ward before' } });
  const input = { clientRequestId: 'before the move', siteId: site.id };
  const { bulkClassification } = await begin(input, { ...engineer, siteIds: [site.id] });
  const count = await services.database.bulkClassification.count();
  const moved = await begin(input, { ...engineer, siteIds: [newId('site')], seesAllSites: false });
  expect(moved).toMatchObject({
    bulkClassification: null,
    userErrors: [{ code: 'CONFLICT', field: ['input', 'clientRequestId'] }],
  });
  expect(await services.database.bulkClassification.count()).toBe(count);
  await cancel(bulkClassification.id);
});

test('every image below the folder gets one prediction under its creator, and every other file an error', async () => {
  const { bulkClassification: begun, userErrors } = await begin({ caseReference: ' case 1 ' });
  expect(userErrors).toEqual([]);
  expect(begun).toMatchObject({ status: 'QUEUED', progress: 0, itemCount: null, source: `file:${folder}` });

  await runJob(begun.id);
  const bulk = await read(begun.id);
  expect(bulk).toMatchObject({
    status: 'SUCCEEDED',
    progress: 1,
    itemCount: COUNT + 2,
    doneCount: COUNT + 1,
    failedCount: 1,
    error: null,
    finishedAt: expect.any(String),
    createdBy: { id: engineer.id },
    modelVersion: { id: champion.id },
    failedFiles: {
      totalCount: 1,
      edges: [{ node: { file: 'broken.jpg', error: expect.stringContaining('image') } }],
    },
    fileCount: COUNT + 6,
    skipped: [
      { reason: 'UNREADABLE', count: 1 },
      { reason: 'NOT_AN_IMAGE', count: 1 },
      { reason: 'SYSTEM_FILE', count: 3 },
    ],
    skippedFiles: {
      totalCount: 2,
      edges: [
        { node: { file: 'broken.jpg', reason: 'UNREADABLE' } },
        {
          node: {
            file: 'notes.txt',
            reason: 'NOT_AN_IMAGE',
            detail: 'Its content is not an image.',
          },
        },
      ],
    },
    predictions: { totalCount: COUNT + 1, totalCountIsEstimate: false },
  });
  const nodes = bulk.predictions.edges.map(({ node }: { node: object }) => node);
  expect(nodes).toHaveLength(COUNT + 1);
  for (const node of nodes) {
    expect(node).toMatchObject({ caseReference: 'case 1', createdBy: { id: engineer.id } });
  }
  const rows = await predictionsOf(begun.id);
  expect(new Set(rows.map(({ bulkItem }) => bulkItem?.key)).size).toBe(COUNT + 1);
  const same = rows.filter(({ fileName }) => fileName === '000.png' || fileName === 'the same again.png');
  const [first] = same.filter(({ repeatOfId }) => repeatOfId === null);
  expect(same.map(({ repeatOfId }) => repeatOfId)).toEqual(expect.arrayContaining([null, first?.id]));
  expect(
    await services.database.auditEvent.count({ where: { action: 'IMAGE_CLASSIFIED', actorId: engineer.id } }),
  ).toBe(COUNT + 1);
  await runJob(begun.id); // the queue may start a job twice
  expect(await predictionsOf(begun.id)).toHaveLength(COUNT + 1);
});

test('13 usual names of image files are all counted, and their content decides in every folder', async () => {
  const names = ['a.jpg', 'b.jfif', 'c', 'IMG_1.HEIC', 'd.dcm', 'e.svs', 'f.JPG', 'g.jpg.bak', 'sub/h.jpe'];
  names.push('i.gif', 'j.jpg ', '.hidden.jpg', 'k.JPEG');
  const place = path.join(services.config.ingestRoots[0] ?? '', 'names');
  await mkdir(path.join(place, 'sub'), { recursive: true });
  for (const [index, name] of names.entries()) {
    const image = drawSmear({ seed: 500 + index, width: 40, height: 40 });
    await writeFile(path.join(place, name), await image.jpeg().toBuffer());
  }
  const { bulkClassification } = await begin({ source: `file:${place}` });
  await runJob(bulkClassification.id);
  const bulk = await read(bulkClassification.id);
  expect(bulk).toMatchObject({ status: 'SUCCEEDED', fileCount: 13, itemCount: 12, doneCount: 12 });
  expect(bulk.skipped).toEqual([{ reason: 'SYSTEM_FILE', count: 1 }]);
});

test('an attempt that continues does not count files twice', async () => {
  const { id } = (await begin()).bulkClassification;
  await startBulkClassification(services.database, id);
  const notImage = { reason: 'NOT_AN_IMAGE' as const, detail: 'is a text' };
  await recordBulkAnswers(services.database, id, [{ key: 'notes.txt', skipped: notImage }]);
  await runJob(id, { attempt: 2 });
  expect(await read(id)).toMatchObject({ status: 'SUCCEEDED', itemCount: COUNT + 2, fileCount: COUNT + 6 });
});

test('a folder without images is FAILED, and lists its files', async () => {
  const place = path.join(services.config.ingestRoots[0] ?? '', 'texts');
  await mkdir(place);
  await writeFile(path.join(place, 'a.txt'), 'a text');
  const { bulkClassification } = await begin({ source: `file:${place}` });
  await runJob(bulkClassification.id);
  expect(await read(bulkClassification.id)).toMatchObject({
    status: 'FAILED',
    error: `There is no image file below file:${place}.`,
    skippedFiles: { totalCount: 1 },
  });
});

test('a second job repeats the answers of the first, in separate rows', async () => {
  const { bulkClassification } = await begin();
  await runJob(bulkClassification.id);
  const rows = await predictionsOf(bulkClassification.id);
  expect(rows).toHaveLength(COUNT + 1);
  expect(rows.every(({ repeatOfId }) => repeatOfId !== null)).toBe(true);
});

test('an interrupted job continues where it stopped', async () => {
  const other = await registerRandomVersion(services, { modelName: 'reference', seed: 2 });
  const { bulkClassification } = await begin({ modelVersionId: other.id });
  const { id } = bulkClassification;
  const stop = new AbortController();
  const { database } = services;
  const afterOneBatch = database.$extends({
    query: {
      bulkItem: {
        createMany: async ({ args, query }) => {
          const result = await query(args);
          stop.abort(new Error('The worker is stopping.'));
          return result;
        },
      },
    },
  });
  const interrupted = { ...services, database: afterOneBatch as unknown as typeof database, threads: 1 };
  await expect(runBulkClassification(interrupted, id, { signal: stop.signal, attempt: 1 })).rejects.toThrow(
    'The worker is stopping.',
  );
  const before = await read(id);
  expect(before).toMatchObject({ status: 'RUNNING', error: null });
  expect(before.doneCount).toBeGreaterThan(0);
  expect(before.doneCount).toBeLessThan(COUNT);

  await runJob(id, { attempt: 2 });
  expect(await read(id)).toMatchObject({ status: 'SUCCEEDED', doneCount: COUNT + 1, failedCount: 1 });
  const rows = await predictionsOf(id);
  expect(new Set(rows.map(({ bulkItem }) => bulkItem?.key)).size).toBe(COUNT + 1);
  expect(await database.prediction.count({ where: { modelVersionId: other.id } })).toBe(COUNT + 1);
});

/** The error of the database when a file is recorded a second time. */
const RECORDED_ALREADY = 'Unique constraint failed on the constraint: `BulkItem_pkey`';

test('a worker that was wrongly considered dead records nothing twice', async () => {
  const { bulkClassification } = await begin();
  const { id } = bulkClassification;
  await startBulkClassification(services.database, id);
  await recordBulkAnswers(services.database, id, [{ key: 'a', skipped: UNREADABLE }]);
  const answers = [
    { key: 'b', skipped: UNREADABLE },
    { key: 'a', skipped: UNREADABLE },
  ];
  await expect(recordBulkAnswers(services.database, id, answers)).rejects.toThrow(RECORDED_ALREADY);
  expect(await services.database.bulkItem.count({ where: { bulkId: id } })).toBe(1);
  expect(await read(id)).toMatchObject({ failedCount: 1 });

  // It records no prediction for a file that the other worker has recorded.
  const imageSha256 = sha256(Buffer.from('recorded twice'));
  const prediction = {
    id: newId('pred'),
    createdById: engineer.id,
    siteId: null,
    caseReference: null,
    fileName: 'a',
    imageSha256,
    modelVersionId: champion.id,
    outcome: 'CLASSIFIED' as const,
    label: 'blast',
    confidence: 0.9,
    probabilities: [0.1, 0.9],
    cellTypes: [],
    cellType: null,
    outOfDistributionScore: 0,
    qualityWarnings: [],
    repeatOfId: null,
    ...WHOLE_IMAGE,
    frame: [0, 0, 3, 4],
    ...{ decodeMs: 1, queueMs: 1, inferenceMs: 1, totalMs: 3 },
  };
  const answer = {
    actor: { viewer: engineer, ip: null },
    prediction,
    image: { sha256: imageSha256, width: 3, height: 4, byteSize: 5, mediaType: 'image/png' },
    evidence: new Uint8Array([1, 0, 1, 0, 0, 0, 0, 0]),
  };
  await expect(recordBulkAnswers(services.database, id, [{ key: 'a', answer }])).rejects.toThrow(
    RECORDED_ALREADY,
  );
  expect(await services.database.prediction.findUnique({ where: { id: prediction.id } })).toBeNull();
  expect(await services.database.image.findUnique({ where: { sha256: imageSha256 } })).toBeNull();
  await recordBulkAnswers(services.database, id, [{ key: 'c', answer }]);
  expect(await read(id)).toMatchObject({ doneCount: 1, failedCount: 1 });
});

test('a cancelled job stops, and keeps its predictions', async () => {
  const queued = (await begin()).bulkClassification;
  expect(await cancel(queued.id)).toEqual({ bulkClassification: { status: 'CANCELLED' }, userErrors: [] });
  await runJob(queued.id);
  expect(await read(queued.id)).toMatchObject({ status: 'CANCELLED', doneCount: 0 });

  const running = (await begin()).bulkClassification;
  await startBulkClassification(services.database, running.id);
  await recordBulkAnswers(services.database, running.id, [{ key: 'a', skipped: UNREADABLE }]);
  expect(await cancel(running.id)).toEqual({ bulkClassification: { status: 'RUNNING' }, userErrors: [] });
  await expect(
    recordBulkAnswers(services.database, running.id, [{ key: 'b', skipped: UNREADABLE }]),
  ).rejects.toThrow('not running');
  await runJob(running.id, { attempt: 2 });
  expect(await read(running.id)).toMatchObject({ status: 'CANCELLED', failedCount: 1, error: null });
  expect((await cancel(running.id)).userErrors).toEqual([]);

  const { bulkClassification: done } = await begin();
  await runJob(done.id);
  expect((await cancel(done.id)).userErrors).toMatchObject([{ code: 'CONFLICT' }]);
  expect((await cancel(newId('bulk'))).userErrors).toMatchObject([{ code: 'NOT_FOUND' }]);
});

test('a job that cannot succeed is refused at once, or fails with a sentence that says why', async () => {
  const outside = await begin({ source: 'file:/etc' });
  expect(outside.userErrors).toMatchObject([{ code: 'INVALID', field: ['input', 'source'] }]);
  expect(outside.userErrors[0].message).toContain('INGEST_ROOTS');
  expect((await begin({ source: 'gs://bucket' })).userErrors).toMatchObject([{ code: 'INVALID' }]);
  expect((await begin({ modelName: 'none' })).userErrors).toMatchObject([{ code: 'NOT_FOUND' }]);
  expect((await begin({ caseReference: 'x'.repeat(201) })).userErrors).toMatchObject([{ code: 'INVALID' }]);
  const clinician = await services.createViewer(Role.CLINICIAN);
  expect((await begin({}, clinician)).errors).toMatchObject([{ code: 'FORBIDDEN' }]);

  const empty = path.join(services.config.ingestRoots[0] ?? '', 'empty');
  await mkdir(empty);
  const { bulkClassification } = await begin({ source: `file:${empty}` });
  await runJob(bulkClassification.id);
  expect(await read(bulkClassification.id)).toMatchObject({
    status: 'FAILED',
    error: `There is no image file below file:${empty}.`,
  });

  const gone = await begin({ source: `file:${empty}` });
  await rm(empty, { recursive: true });
  await runJob(gone.bulkClassification.id);
  expect(await read(gone.bulkClassification.id)).toMatchObject({
    status: 'FAILED',
    error: expect.any(String),
  });

  const died = await begin();
  await runJob(died.bulkClassification.id, { attempt: 4 });
  expect(await read(died.bulkClassification.id)).toMatchObject({
    status: 'FAILED',
    error: expect.stringContaining('stopped unexpectedly in every attempt'),
  });
});

test('bulk classifications are listed newest first, and found by their ids', async () => {
  const { bulkClassification: newest } = await begin();
  const { data } = await services.execute(
    `query ($id: ID!) {
      bulkClassifications(first: 2) { totalCount edges { node { id } } pageInfo { hasNextPage } }
      node(id: $id) { id __typename }
    }`,
    { id: newest.id },
    engineer,
  );
  expect(data.bulkClassifications.edges[0].node.id).toBe(newest.id);
  expect(data.bulkClassifications.pageInfo.hasNextPage).toBe(true);
  expect(data.node).toEqual({ id: newest.id, __typename: 'BulkClassification' });
});

test('in a bucket with one archived object, all others are classified, and that one is reported', async () => {
  const images = await Promise.all(
    [2001, 2002, 2003].map((seed) => drawSmear({ seed, width: 40, height: 40 }).png().toBuffer()),
  );
  const s3 = await startScriptedS3({
    bucket: ({ kind, key }, response) => {
      const listed = images.map(({ length }, i) => ({ key: `cells/${i}.png`, byteSize: length }));
      if (kind === 'list') return answerListing(response, listed);
      if (key === 'cells/1.png')
        return refuse(response, 403, 'InvalidObjectState', 'no', {}, '<StorageClass>GLACIER</StorageClass>');
      answerObject(response, images[Number(/\d/.exec(key)?.[0])] ?? Buffer.alloc(0));
    },
  });
  try {
    const id = newId('bulk');
    await services.database.bulkClassification.create({
      data: {
        id,
        status: 'QUEUED',
        source: 's3://bucket/cells',
        modelVersionId: champion.id,
        createdById: engineer.id,
      },
    });
    const config = { ...services.config, s3: s3.settings, ingestBuckets: ['bucket'] };
    const attempt = { signal: new AbortController().signal, attempt: 3 };
    await runBulkClassification({ ...services, config, threads: 1 }, id, attempt);
    expect(await read(id)).toMatchObject({
      status: 'SUCCEEDED',
      doneCount: 2,
      failedCount: 1,
      failedFiles: {
        edges: [{ node: { file: '1.png', error: expect.stringContaining('is archived (GLACIER)') } }],
      },
    });
  } finally {
    await s3.close();
  }
});
