import { cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Viewer } from '../../api/context.js';
import { Role } from '../../api/permissions.js';
import { openTestServices, type TestServices } from '../../graphql/testing.js';
import { writeDemoCells } from '../../imaging/demo-cells.js';
import { createDatasetSnapshot } from './create-dataset-snapshot.js';
import { ingestSnapshot } from './ingest-snapshot.js';
import { withoutCredentials } from './testing.js';
import type { CreateDatasetSnapshotInput } from './types.js';

const CREATE = `mutation ($input: CreateDatasetSnapshotInput!) {
  createDatasetSnapshot(input: $input) {
    datasetSnapshot { id name version status digest source itemCount progress createdBy { email } findings { check } labelCounts { label count } }
    userErrors { code field message }
  }
}`;

let services: TestServices;
let engineer: Viewer;
let root: string;

beforeAll(async () => {
  services = await openTestServices({ ingestBuckets: ['cells/blood'] });
  engineer = await services.createViewer(Role.ML_ENGINEER);
  root = services.config.ingestRoots[0] ?? '';
  await writeDemoCells(path.join(root, 'cells'), { count: 12, seed: 1, size: 32, patients: 3 });
});
afterAll(() => services.close());

async function create(input: Partial<CreateDatasetSnapshotInput>, viewer: Viewer | null = engineer) {
  const whole = { name: 'cells', source: `file:${root}/cells`, ...input };
  const { data, errors } = await services.execute(CREATE, { input: whole }, viewer);
  return { ...data?.createDatasetSnapshot, errors };
}

const jobs = () =>
  services.database.$queryRaw<{ payload: { snapshotId: string } }[]>`
    SELECT job.payload FROM graphile_worker._private_jobs AS job
    JOIN graphile_worker._private_tasks AS task ON task.id = job.task_id WHERE task.identifier = 'ingest-snapshot'`;

test('records the next version of the name, its job and its audit event', async () => {
  const first = await create({ groupsCsv: 'groups.csv' });
  expect(first).toEqual({
    errors: [],
    userErrors: [],
    datasetSnapshot: {
      id: expect.stringMatching(/^snap_/),
      name: 'cells',
      version: 1,
      status: 'INGESTING',
      digest: null,
      source: `file:${root}/cells`,
      itemCount: 0,
      progress: 0,
      createdBy: { email: engineer.email },
      findings: [],
      labelCounts: [],
    },
  });
  const { id } = first.datasetSnapshot;
  expect(await jobs()).toEqual([{ payload: { snapshotId: id } }]);
  const events = await services.database.auditEvent.findMany({ where: { entityId: id } });
  expect(events).toMatchObject([{ action: 'DATASET_SNAPSHOT_CREATED', actorId: engineer.id }]);

  const more = await Promise.all([1, 2, 3, 4].map(() => create({})));
  expect(more.map(({ datasetSnapshot }) => datasetSnapshot.version).sort()).toEqual([2, 3, 4, 5]);
  expect((await create({ name: 'others' })).datasetSnapshot.version).toBe(1);
});

test('only viewers who may create datasets can create snapshots', async () => {
  expect((await create({}, null)).errors[0]?.code).toBe('UNAUTHENTICATED');
  const clinician = await services.createViewer(Role.CLINICIAN);
  expect((await create({}, clinician)).errors[0]?.code).toBe('FORBIDDEN');
});

test.each<[string, Partial<CreateDatasetSnapshotInput>, string, string, string]>([
  ['a name with capitals', { name: 'Cells' }, 'INVALID', 'name', 'lower-case letters'],
  ['no source', { source: 'cells' }, 'INVALID', 'source', 'Write s3://bucket/prefix or file:/folder.'],
  ['a relative folder', { source: 'file:cells' }, 'INVALID', 'source', 'not an absolute path'],
  ['no bucket', { source: 's3://' }, 'INVALID', 'source', 'does not name a bucket'],
  [
    'a bucket elsewhere',
    { source: 's3://other/a' },
    'INVALID',
    'source',
    'INGEST_BUCKETS allows: cells/blood',
  ],
  [
    'a prefix elsewhere',
    { source: 's3://cells/bone' },
    'INVALID',
    'source',
    's3://cells/bone is not in a bucket',
  ],
  [
    'all of a bucket of which a prefix is allowed',
    { source: 's3://cells' },
    'INVALID',
    'source',
    'is not in',
  ],
  ['a prefix that begins the same', { source: 's3://cells/blood-2' }, 'INVALID', 'source', 'is not in'],
  ['a prefix with ..', { source: 's3://cells/blood/../bone' }, 'INVALID', 'source', "named '.' or '..'"],
  ['a folder elsewhere', { source: 'file:/etc' }, 'INVALID', 'source', 'INGEST_ROOTS allows: /'],
  ['a path out of the root', { source: 'file:///nowhere/../etc' }, 'INVALID', 'source', '/etc is not below'],
  ['a source with a NUL', { source: 's3://cells/a\0' }, 'INVALID', 'source', 'contains a NUL'],
  ['a groups CSV with a NUL', { groupsCsv: 'a\0.csv' }, 'INVALID', 'groupsCsv', 'contains a NUL'],
  ['a groups CSV outside', { groupsCsv: '../groups.csv' }, 'INVALID', 'groupsCsv', 'below the source'],
  ['a missing groups CSV', { groupsCsv: 'patients.csv' }, 'NOT_FOUND', 'groupsCsv', "no file 'patients.csv'"],
])('%s is a user error', async (_, input, code, field, message) => {
  expect(await create(input)).toEqual({
    errors: [],
    datasetSnapshot: null,
    userErrors: [{ code, field: ['input', field], message: expect.stringContaining(message) }],
  });
});

test.each<[string, { folder: string; label: string }, string, string]>([
  ['a label with a NUL', { folder: 'blast', label: 'bl\0ast' }, 'label', 'contains a NUL'],
  ['a label with half a character', { folder: 'blast', label: 'a\ud800' }, 'label', 'surrogate pair'],
  ['a folder with half a character', { folder: 'a\ud800', label: 'a' }, 'folder', 'surrogate pair'],
])('%s is a user error, because Postgres cannot store it', async (_, first, field, message) => {
  const answer = await create({ classes: [first, { folder: 'lymphocyte', label: 'lymphocyte' }] });
  expect(answer.errors).toEqual([]);
  expect(answer.userErrors).toEqual([
    { code: 'INVALID', field: ['input', 'classes', '0', field], message: expect.stringContaining(message) },
  ]);
});

test('a missing folder and a link out of the root are user errors', async () => {
  const missing = await create({ source: `file:${root}/none` });
  expect(missing.userErrors).toMatchObject([
    { code: 'INVALID', message: expect.stringContaining('There is no folder') },
  ]);

  const outside = path.join(services.folder, 'outside');
  await cp(path.join(root, 'cells'), outside, { recursive: true });
  await symlink(outside, path.join(root, 'link'));
  const escape = await create({ source: `file:${root}/link` });
  expect(escape.userErrors).toMatchObject([
    { code: 'INVALID', message: expect.stringContaining('INGEST_ROOTS') },
  ]);
});

test('a file instead of a folder is a user error', async () => {
  await mkdir(root, { recursive: true });
  await writeFile(path.join(root, 'file'), '');
  const { userErrors, errors } = await create({ source: `file:${root}/file` });
  expect(errors).toEqual([]);
  expect(userErrors).toHaveLength(1);
});

test('no bucket is allowed unless the setting INGEST_BUCKETS names it, not even that of the object store', async () => {
  const config = { ...services.config, ingestBuckets: [], objectStore: 's3://cells/blood' };
  const viewer = await services.createViewer(Role.ML_ENGINEER);
  await expect(
    createDatasetSnapshot(
      { ...services.contextOf(viewer), config },
      { name: 'cells', source: 's3://cells/blood' },
    ),
  ).rejects.toMatchObject({
    errors: [{ code: 'INVALID', message: expect.stringContaining('INGEST_BUCKETS is empty') }],
  });
});

test('missing S3 credentials are a user error, not a crash', async () => {
  const { userErrors } = await withoutCredentials(() => create({ source: 's3://cells/blood' }));
  expect(userErrors).toEqual([
    {
      code: 'INVALID',
      field: ['input', 'source'],
      message: expect.stringContaining('Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY'),
    },
  ]);
});

test('reports all errors in a class mapping at once', async () => {
  const classes = [
    { folder: 'a', label: 'x' },
    { folder: 'a/b', label: 'x' },
    { folder: '/c', label: ' ' },
  ];
  const { userErrors } = await create({ classes });
  expect(userErrors.map(({ field }: { field: string[] }) => field.slice(2).join('.'))).toEqual([
    '1.folder',
    '2.folder',
    '2.label',
  ]);
  const same = await create({ classes: ['a', 'b'].map((folder) => ({ folder, label: 'x' })) });
  expect(same.userErrors).toMatchObject([{ field: ['input', 'classes'] }]);
  expect((await create({ classes: [] })).userErrors).toMatchObject([{ field: ['input', 'classes'] }]);
});

describe('a READY snapshot', () => {
  let id: string;
  beforeAll(async () => {
    ({ id } = (await create({ name: 'ready', groupsCsv: 'groups.csv' })).datasetSnapshot);
    const attempt = { signal: new AbortController().signal, attempt: 1 };
    await ingestSnapshot(services, id, attempt);
  });

  test('returns its labels and, page by page, its items with their images', async () => {
    const query = `query ($id: ID!, $after: String) { datasetSnapshot(id: $id) {
      status itemCount labelCounts { label count }
      items(first: 4, after: $after, label: "blast") {
        totalCount pageInfo { hasNextPage endCursor }
        edges { node { key label group split image { sha256 width height mediaType url } } }
      }
    } }`;
    const first = (await services.execute(query, { id }, engineer)).data.datasetSnapshot;
    expect(first).toMatchObject({
      status: 'READY',
      itemCount: 12,
      labelCounts: [
        { label: 'blast', count: 6 },
        { label: 'lymphocyte', count: 6 },
      ],
      items: { totalCount: 6, pageInfo: { hasNextPage: true } },
    });
    const after = first.items.pageInfo.endCursor;
    const second = (await services.execute(query, { id, after }, engineer)).data.datasetSnapshot;
    expect(second.items.pageInfo.hasNextPage).toBe(false);
    const nodes = [...first.items.edges, ...second.items.edges].map(({ node }) => node);
    expect(nodes).toHaveLength(6);
    expect(nodes.map(({ key }) => key)).toEqual(nodes.map(({ key }) => key).sort());
    expect(nodes[0]).toMatchObject({
      label: 'blast',
      group: 'demo-01',
      split: null,
      image: {
        width: 32,
        height: 32,
        mediaType: 'image/jpeg',
        url: expect.stringContaining('/files/images/'),
      },
    });
  });

  test('is listed newest first, by name and by page, and is found by its id', async () => {
    const query = `query ($id: ID!, $name: String, $after: String) {
      datasetSnapshots(first: 2, after: $after, name: $name) { totalCount pageInfo { endCursor } edges { node { name version } } }
      node(id: $id) { ... on DatasetSnapshot { name } }
    }`;
    const ask = async (variables: object) =>
      (await services.execute(query, { id, ...variables }, engineer)).data;
    const { datasetSnapshots, node } = await ask({});
    expect(node).toEqual({ name: 'ready' });
    expect(datasetSnapshots.edges[0].node).toEqual({ name: 'ready', version: 1 });
    const named = (await ask({ name: 'cells' })).datasetSnapshots;
    const next = (await ask({ name: 'cells', after: named.pageInfo.endCursor })).datasetSnapshots;
    expect([...named.edges, ...next.edges].map((edge) => edge.node.version)).toEqual([5, 4, 3, 2]);
    expect(named.totalCount).toBe(5);
  });

  test.each(['x', Buffer.from('["run_1"]').toString('base64url')])(
    'the cursor %s is refused',
    async (after) => {
      const { errors } = await services.execute(
        `query ($after: String) { datasetSnapshots(after: $after) { totalCount } }`,
        { after },
        engineer,
      );
      expect(errors).toMatchObject([{ code: 'BAD_USER_INPUT' }]);
    },
  );

  test('a missing snapshot is null, and reading snapshots requires signing in', async () => {
    const query = 'query ($id: ID!) { datasetSnapshot(id: $id) { id } }';
    const ask = (asked: string, viewer: Viewer | null) => services.execute(query, { id: asked }, viewer);
    expect((await ask('snap_0', engineer)).errors).toMatchObject([{ code: 'BAD_USER_INPUT' }]);
    expect((await ask(`snap_${'0'.repeat(32)}`, engineer)).data).toEqual({ datasetSnapshot: null });
    expect((await ask(id, null)).errors).toMatchObject([{ code: 'UNAUTHENTICATED' }]);
  });
});
